-- The tables that the application's older generations know, under the same names.

CREATE TABLE states (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    name VARCHAR(128) NOT NULL
);

CREATE TABLE cities (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    state_id VARCHAR(60) NOT NULL REFERENCES states (id) ON DELETE CASCADE,
    name VARCHAR(128) NOT NULL
);
CREATE INDEX cities_of_state ON cities (state_id);

CREATE TABLE users (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    email VARCHAR(128) NOT NULL,
    password VARCHAR(128) NOT NULL,
    first_name VARCHAR(128),
    last_name VARCHAR(128)
);
CREATE INDEX users_by_email ON users (email);

CREATE TABLE amenities (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    name VARCHAR(128) NOT NULL
);

CREATE TABLE places (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    city_id VARCHAR(60) NOT NULL REFERENCES cities (id) ON DELETE CASCADE,
    user_id VARCHAR(60) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024),
    number_rooms INT NOT NULL DEFAULT 0,
    number_bathrooms INT NOT NULL DEFAULT 0,
    max_guest INT NOT NULL DEFAULT 0,
    price_by_night INT NOT NULL DEFAULT 0,
    latitude FLOAT,
    longitude FLOAT
);
CREATE INDEX places_of_city ON places (city_id);
CREATE INDEX places_of_user ON places (user_id);
CREATE INDEX places_by_name ON places (name, id);

CREATE TABLE place_amenity (
    place_id VARCHAR(60) NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    amenity_id VARCHAR(60) NOT NULL REFERENCES amenities (id) ON DELETE CASCADE,
    PRIMARY KEY (place_id, amenity_id)
);
CREATE INDEX places_of_amenity ON place_amenity (amenity_id);

CREATE TABLE reviews (
    id VARCHAR(60) NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    place_id VARCHAR(60) NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    user_id VARCHAR(60) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    text VARCHAR(1024) NOT NULL
);
CREATE INDEX reviews_of_place ON reviews (place_id);
CREATE INDEX reviews_of_user ON reviews (user_id);
