-- Pictures that hosts uploaded, in their order; the files are not in the database.

CREATE TABLE pictures (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    place_id VARCHAR(60) NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    position INT NOT NULL
);
CREATE INDEX pictures_of_place ON pictures (place_id, position, id);
