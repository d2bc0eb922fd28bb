"""The application's older generation: models of SQLAlchemy, as the course declares them.

models.py SOCKET DATABASE create    makes the tables
models.py SOCKET DATABASE add       adds the objects of a JSON list on standard input
models.py SOCKET DATABASE delete    deletes the places of a JSON list of ids on standard input
models.py SOCKET DATABASE all       prints every object, as JSON

Alike on purpose: benches/hbnb/clone/model.py declares the same classes as one writes them today, to be measured; these
must stay as they were years ago, since they make the tables that are taken over.
"""

import json
import sys
from datetime import datetime

from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, String, Table, create_engine
from sqlalchemy.orm import Session, declarative_base, relationship

TIME = "%Y-%m-%dT%H:%M:%S.%f"
Base = declarative_base()


class BaseModel:
    id = Column(String(60), primary_key=True)
    created_at = Column(DateTime, default=datetime.utcnow)
    updated_at = Column(DateTime, default=datetime.utcnow)


class State(BaseModel, Base):
    __tablename__ = "states"
    name = Column(String(128), nullable=False)
    cities = relationship("City", backref="state", cascade="all, delete")


class City(BaseModel, Base):
    __tablename__ = "cities"
    name = Column(String(128), nullable=False)
    state_id = Column(String(60), ForeignKey("states.id"), nullable=False)
    places = relationship("Place", backref="cities", cascade="all, delete")


class User(BaseModel, Base):
    __tablename__ = "users"
    email = Column(String(128), nullable=False)
    password = Column(String(128), nullable=False)
    first_name = Column(String(128))
    last_name = Column(String(128))
    places = relationship("Place", backref="user", cascade="all, delete")
    reviews = relationship("Review", backref="user", cascade="all, delete")


place_amenity = Table(
    "place_amenity",
    Base.metadata,
    Column("place_id", String(60), ForeignKey("places.id"), primary_key=True, nullable=False),
    Column("amenity_id", String(60), ForeignKey("amenities.id"), primary_key=True, nullable=False),
)


class Place(BaseModel, Base):
    __tablename__ = "places"
    city_id = Column(String(60), ForeignKey("cities.id"), nullable=False)
    user_id = Column(String(60), ForeignKey("users.id"), nullable=False)
    name = Column(String(128), nullable=False)
    description = Column(String(1024))
    number_rooms = Column(Integer, default=0, nullable=False)
    number_bathrooms = Column(Integer, default=0, nullable=False)
    max_guest = Column(Integer, default=0, nullable=False)
    price_by_night = Column(Integer, default=0, nullable=False)
    latitude = Column(Float)
    longitude = Column(Float)
    reviews = relationship("Review", backref="place", cascade="all, delete")
    amenities = relationship("Amenity", secondary=place_amenity, viewonly=False)


class Amenity(BaseModel, Base):
    __tablename__ = "amenities"
    name = Column(String(128), nullable=False)


class Review(BaseModel, Base):
    __tablename__ = "reviews"
    text = Column(String(1024), nullable=False)
    place_id = Column(String(60), ForeignKey("places.id"), nullable=False)
    user_id = Column(String(60), ForeignKey("users.id"), nullable=False)


CLASSES = {c.__name__: c for c in (State, City, User, Amenity, Place, Review)}


def shown(row):
    values = {c.name: getattr(row, c.name) for c in row.__table__.columns}
    for name in ("created_at", "updated_at"):
        values[name] = values[name].strftime(TIME)
    if isinstance(row, Place):
        values["amenities"] = sorted(amenity.id for amenity in row.amenities)
    return {"__class__": type(row).__name__, **values}


def made(values, session):
    kind = CLASSES[values.pop("__class__")]
    for name in ("created_at", "updated_at"):
        values[name] = datetime.strptime(values[name], TIME)
    if "amenities" in values:
        values["amenities"] = [session.get(Amenity, id) for id in values["amenities"]]
    return kind(**values)


def main(socket, database, action):
    engine = create_engine(
        f"mysql+pymysql://root@localhost/{database}", connect_args={"unix_socket": socket}, pool_pre_ping=True
    )
    with Session(engine) as session:
        if action == "create":
            Base.metadata.create_all(engine)
        elif action == "add":
            for values in json.load(sys.stdin):
                session.add(made(values, session))
                session.commit()
        elif action == "delete":
            for id in json.load(sys.stdin):
                session.delete(session.get(Place, id))
            session.commit()
        else:
            rows = [shown(row) for kind in CLASSES.values() for row in session.query(kind).order_by(kind.id)]
            print(json.dumps(rows))


main(*sys.argv[1:])
