-- Who stays where and when; the nights' primary key is what keeps two guests out of one bed.

CREATE TABLE bookings (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    place_id VARCHAR(60) NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    user_id VARCHAR(60) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    check_in DATE NOT NULL,
    check_out DATE NOT NULL,
    guests INT NOT NULL,
    total_price BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL
);
CREATE INDEX bookings_of_place ON bookings (place_id);
CREATE INDEX bookings_of_user ON bookings (user_id, check_in);

CREATE TABLE booked_nights (
    place_id VARCHAR(60) NOT NULL,
    night DATE NOT NULL,
    booking_id VARCHAR(60) NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    PRIMARY KEY (place_id, night)
) WITHOUT ROWID;
CREATE INDEX nights_of_booking ON booked_nights (booking_id);

CREATE INDEX places_by_price ON places (price_by_night, max_guest, id);
