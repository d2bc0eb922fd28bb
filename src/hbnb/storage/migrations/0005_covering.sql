-- A search by cities and amenities is answered from these indexes; only the rows that it finds are read.

DROP INDEX places_of_city;
CREATE INDEX places_of_city ON places (city_id, id);
DROP INDEX places_of_amenity;
CREATE INDEX places_of_amenity ON place_amenity (amenity_id, place_id);
