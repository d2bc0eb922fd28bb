"""The database of the rows side by side: the demonstration data, cut to 150 places."""

import collections
import itertools
import sqlite3
import subprocess
from dataclasses import dataclass

from process import Failed
from program import APPSERVER

HBNB = APPSERVER.with_name("hbnb")
PLACES = 150


@dataclass(frozen=True)
class Small:
    """`place` is the id of one place, `amenities` of three that are more often together than any others."""

    path: str
    place: str
    amenities: list


def hbnb(command, path):
    done = subprocess.run([HBNB, command, "--database", path], text=True, capture_output=True)
    if done.returncode != 0:
        raise Failed(f"hbnb {command}: {done.stderr or done.stdout}".rstrip())


def make(work):
    """Made anew for each run."""
    path = f"{work}/small.db"
    hbnb("migrate", path)
    hbnb("seed", path)
    with sqlite3.connect(path) as rows:
        rows.execute("PRAGMA foreign_keys = ON")
        rows.execute("DELETE FROM places WHERE id NOT IN (SELECT id FROM places ORDER BY id LIMIT ?)", [PLACES])
        (count, place) = rows.execute("SELECT COUNT(*), MIN(id) FROM places").fetchone()
        links = rows.execute("SELECT place_id, amenity_id FROM place_amenity ORDER BY place_id, amenity_id").fetchall()
    rows.close()
    if count != PLACES:
        raise Failed(f"the demonstration data has {count} places; {PLACES} are needed")
    triples = collections.Counter()
    for _, own in itertools.groupby(links, key=lambda link: link[0]):
        triples.update(itertools.combinations([amenity for _, amenity in own], 3))
    return Small(path, place, list(triples.most_common(1)[0][0]))
