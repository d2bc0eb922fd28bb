"""The questions of the course's API that the bench asks."""

from flask import Blueprint, abort, jsonify, request
from model import Amenity, City, Place, State, session

api_v1 = Blueprint("api_v1", __name__, url_prefix="/api/v1")


@api_v1.get("/status", strict_slashes=False)
def status():
    return jsonify({"status": "OK"})


@api_v1.get("/states", strict_slashes=False)
def states():
    return jsonify([state.to_dict() for state in session.query(State).all()])


@api_v1.get("/places/<place_id>", strict_slashes=False)
def place(place_id):
    found = session.get(Place, place_id)
    if found is None:
        abort(404)
    return jsonify(found.to_dict())


@api_v1.post("/places_search", strict_slashes=False)
def places_search():
    wish = request.get_json()
    places = places_in(wish.get("states", []), wish.get("cities", []))
    amenities = [session.get(Amenity, amenity_id) for amenity_id in wish.get("amenities", [])]
    if amenities:
        places = [place for place in places if all(amenity in place.amenities for amenity in amenities)]
    return jsonify([place.to_dict() for place in places])


def places_in(state_ids, city_ids):
    """The places of all these states and cities together; every place when none is named."""
    if not state_ids and not city_ids:
        return session.query(Place).all()
    states = [state for state in (session.get(State, state_id) for state_id in state_ids) if state]
    cities = [city for state in states for city in state.cities]
    cities += [city for city in (session.get(City, city_id) for city_id in city_ids) if city and city not in cities]
    return [place for city in cities for place in city.places]
