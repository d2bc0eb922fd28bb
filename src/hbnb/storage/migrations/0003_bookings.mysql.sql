-- Who stays where and when; the nights' primary key is what keeps two guests out of one bed.

CREATE TABLE IF NOT EXISTS bookings (
    id VARCHAR(60) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    place_id VARCHAR(60) NOT NULL,
    user_id VARCHAR(60) NOT NULL,
    check_in DATE NOT NULL,
    check_out DATE NOT NULL,
    guests INT NOT NULL,
    total_price BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    PRIMARY KEY (id),
    INDEX bookings_of_place (place_id),
    INDEX bookings_of_user (user_id, check_in),
    FOREIGN KEY (place_id) REFERENCES places (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS booked_nights (
    place_id VARCHAR(60) NOT NULL,
    night DATE NOT NULL,
    booking_id VARCHAR(60) NOT NULL,
    PRIMARY KEY (place_id, night),
    INDEX nights_of_booking (booking_id),
    FOREIGN KEY (booking_id) REFERENCES bookings (id) ON DELETE CASCADE
);
