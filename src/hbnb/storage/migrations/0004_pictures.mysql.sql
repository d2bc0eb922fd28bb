-- Pictures that hosts uploaded, in their order; the files are not in the database.

CREATE TABLE IF NOT EXISTS pictures (
    id VARCHAR(60) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    place_id VARCHAR(60) NOT NULL,
    position INT NOT NULL,
    PRIMARY KEY (id),
    INDEX pictures_of_place (place_id, position, id),
    FOREIGN KEY (place_id) REFERENCES places (id) ON DELETE CASCADE
);
