"""Databases of many made-up places, always the same, written once into target/hbnb-places.

Every table has the same states, cities and amenities. Two quiet states have the same few places however large the table
is; the others share the rest.
"""

import hashlib
import os
import random
import sqlite3
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from program import TARGET
from small import hbnb

KEPT = TARGET / "hbnb-places"
STATES, QUIET_STATES, CITIES_PER_STATE, USERS, AMENITIES = 50, 2, 10, 1000, 40
QUIET_PLACES = 400
# From what nearly two of three places offer to what one in a hundred does.
CHANCES = [0.6 * 0.9**rank for rank in range(AMENITIES)]
ASKED_AMENITIES = (2, 5, 8)
MOMENT = "2024-03-01 09:00:00.000000"
KINDS = "Cabin Loft House Cottage Studio Flat Villa Barn Boat Tent".split()
MOODS = "Quiet Bright Old Small Wide Warm Green Blue High Hidden".split()
SPOTS = "the lake,the station,the old mill,a park,the harbour,a vineyard,the market,a forest".split(",")
ABOUT = (
    "{mood} rooms near {spot}, with a table for everybody and a window to the morning.<BR />"
    "Keys are in the box beside the door; the baker opens at seven, and the last bus comes at eleven."
)


@dataclass(frozen=True)
class Large:
    """A database, and whose ids can be asked for."""

    path: Path
    quiet: list
    busy: list
    amenities: list


def make(places):
    """The database with so many places, made if it is not there yet."""
    chance = random.Random(places)
    geography = Geography(random.Random(0))
    KEPT.mkdir(parents=True, exist_ok=True)
    fresh = KEPT / "fresh.db"
    fresh.unlink(missing_ok=True)
    hbnb("migrate", fresh)
    with sqlite3.connect(fresh) as rows:
        tables = "\n".join(sql for (sql,) in rows.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
        rows.execute("PRAGMA journal_mode = OFF")
    rows.close()
    digest = hashlib.sha256(Path(__file__).read_bytes() + tables.encode()).hexdigest()[:12]
    path = KEPT / f"{places}-{digest}.db"
    if not path.exists():
        print(f"making {path}", file=sys.stderr)
        for old in KEPT.glob(f"{places}-*"):
            old.unlink()
        fill(fresh, geography, places, chance)
        os.rename(fresh, path)
    states = [state for state, *_ in geography.states]
    asked = [geography.amenities[rank][0] for rank in ASKED_AMENITIES]
    return Large(path, states[:QUIET_STATES], states[QUIET_STATES:], asked)


def new_id(chance):
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


class Geography:
    """What all sizes have in common; rows as their tables hold them."""

    def __init__(self, chance):
        def row(*own):
            return (new_id(chance), MOMENT, MOMENT, *own)

        self.states = [row(f"State {number:02}") for number in range(STATES)]
        self.cities = [row(s[0], f"City {n} of {s[3]}") for s in self.states for n in range(CITIES_PER_STATE)]
        self.amenities = [row(f"Amenity {rank:02}") for rank in range(AMENITIES)]
        self.users = [row(f"host{n}@hbnb.example", "!", f"Host {n}", "Example") for n in range(USERS)]


def fill(path, geography, places, chance):
    """Indexes come last: row by row they would take many times as long."""
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("PRAGMA synchronous = OFF")
    rows.execute("BEGIN")
    indexes = rows.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _ in indexes:
        rows.execute(f"DROP INDEX {name}")
    insert(rows, "states (id, created_at, updated_at, name)", geography.states)
    insert(rows, "cities (id, created_at, updated_at, state_id, name)", geography.cities)
    insert(rows, "amenities (id, created_at, updated_at, name)", geography.amenities)
    insert(rows, "users (id, created_at, updated_at, email, password, first_name, last_name)", geography.users)
    ids = sorted(new_id(chance) for _ in range(places))
    insert(
        rows,
        "places (id, created_at, updated_at, city_id, user_id, name, description, number_rooms, number_bathrooms, "
        "max_guest, price_by_night, latitude, longitude)",
        place_rows(ids, geography, chance),
    )
    insert(rows, "place_amenity (place_id, amenity_id)", links(ids, geography, chance))
    for _, sql in indexes:
        rows.execute(sql)
    rows.execute("COMMIT")
    rows.execute("PRAGMA journal_mode = WAL")
    rows.close()


def insert(rows, into, values):
    columns = into.count(",") + 1
    rows.executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * columns)})", values)


def place_rows(ids, geography, chance):
    cities_of_quiet = geography.cities[: QUIET_STATES * CITIES_PER_STATE]
    others = geography.cities[len(cities_of_quiet) :]
    quiet = set(chance.sample(range(len(ids)), QUIET_PLACES))
    for number, place in enumerate(ids):
        city = chance.choice(cities_of_quiet if number in quiet else others)
        mood, spot, rooms = chance.choice(MOODS), chance.choice(SPOTS), chance.randint(1, 5)
        yield (
            *(place, MOMENT, MOMENT, city[0], chance.choice(geography.users)[0]),
            *(f"{mood} {chance.choice(KINDS)} by {spot} {number}", ABOUT.format(mood=mood, spot=spot)),
            *(rooms, 1 + rooms // 3, rooms * 2, chance.randint(40, 400)),
            *(round(chance.uniform(25, 48), 3), round(chance.uniform(-120, -70), 3)),
        )


def links(ids, geography, chance):
    amenities = sorted((row[0], share) for row, share in zip(geography.amenities, CHANCES))
    for place in ids:
        for amenity, share in amenities:
            if chance.random() < share:
                yield place, amenity
