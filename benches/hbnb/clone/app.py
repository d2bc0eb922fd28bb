"""A clone as a student of the course writes it: Flask, SQLAlchemy, Jinja; the API and the home page in one process."""

from api import api_v1
from flask import Flask, jsonify, render_template
from model import Amenity, Place, State, session

# As many places as a home page of ours shows.
PLACES = 200

app = Flask(__name__)
app.register_blueprint(api_v1)


@app.teardown_appcontext
def close(_error):
    session.remove()


@app.errorhandler(404)
def not_found(_error):
    return jsonify({"error": "Not found"}), 404


@app.get("/", strict_slashes=False)
@app.get("/2-hbnb", strict_slashes=False)
def home():
    query = session.query(Place)
    return render_template(
        "home.html",
        states=session.query(State).order_by(State.name).all(),
        amenities=session.query(Amenity).order_by(Amenity.name).all(),
        places=query.order_by(Place.name, Place.id).limit(PLACES).all(),
        total=query.count(),
    )
