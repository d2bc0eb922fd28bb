"""The rows as SQLAlchemy sees them: the course's six classes, with relationships, in the file that HBNB_SQLITE names.

Alike on purpose: tests/app/sqlalchemy/models.py declares the same classes as they were years ago, and must stay so, since
it makes the tables that are taken over; these are as one writes them today, to be measured.
"""

import os

from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, String, Table, create_engine
from sqlalchemy.orm import DeclarativeBase, relationship, scoped_session, sessionmaker

MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


class Base(DeclarativeBase):
    pass


class Row:
    """What every row has."""

    id = Column(String(60), primary_key=True)
    created_at = Column(DateTime, nullable=False)
    updated_at = Column(DateTime, nullable=False)

    def to_dict(self):
        """The columns as clients see them."""
        values = {name: getattr(self, name) for name in self.__table__.columns.keys()}
        values["created_at"] = self.created_at.strftime(MOMENT)
        values["updated_at"] = self.updated_at.strftime(MOMENT)
        values["__class__"] = type(self).__name__
        values.pop("password", None)
        return values


place_amenity = Table(
    "place_amenity",
    Base.metadata,
    Column("place_id", String(60), ForeignKey("places.id"), primary_key=True),
    Column("amenity_id", String(60), ForeignKey("amenities.id"), primary_key=True),
)


class State(Row, Base):
    __tablename__ = "states"
    name = Column(String(128), nullable=False)
    cities = relationship("City", backref="state", cascade="all, delete-orphan")


class City(Row, Base):
    __tablename__ = "cities"
    state_id = Column(String(60), ForeignKey("states.id"), nullable=False)
    name = Column(String(128), nullable=False)
    places = relationship("Place", backref="city", cascade="all, delete-orphan")


class User(Row, Base):
    __tablename__ = "users"
    email = Column(String(128), nullable=False)
    password = Column(String(128), nullable=False)
    first_name = Column(String(128))
    last_name = Column(String(128))
    places = relationship("Place", backref="user", cascade="all, delete-orphan")
    reviews = relationship("Review", backref="user", cascade="all, delete-orphan")


class Amenity(Row, Base):
    __tablename__ = "amenities"
    name = Column(String(128), nullable=False)


class Place(Row, Base):
    __tablename__ = "places"
    city_id = Column(String(60), ForeignKey("cities.id"), nullable=False)
    user_id = Column(String(60), ForeignKey("users.id"), nullable=False)
    name = Column(String(128), nullable=False)
    description = Column(String(1024))
    number_rooms = Column(Integer, nullable=False, default=0)
    number_bathrooms = Column(Integer, nullable=False, default=0)
    max_guest = Column(Integer, nullable=False, default=0)
    price_by_night = Column(Integer, nullable=False, default=0)
    latitude = Column(Float)
    longitude = Column(Float)
    reviews = relationship("Review", backref="place", cascade="all, delete-orphan")
    amenities = relationship("Amenity", secondary=place_amenity, backref="places")


class Review(Row, Base):
    __tablename__ = "reviews"
    place_id = Column(String(60), ForeignKey("places.id"), nullable=False)
    user_id = Column(String(60), ForeignKey("users.id"), nullable=False)
    text = Column(String(1024), nullable=False)


session = scoped_session(sessionmaker(bind=create_engine(f"sqlite:///{os.environ['HBNB_SQLITE']}")))
