"""What the bench asks, and what both sides must agree on in their answers."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass

from article import articles

JSON = {"Content-Type": "application/json"}
# How wrk makes each body another one.
ANEW = """local number = os.time() * 1e6
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, (([[%s]]):gsub("NUMBER", string.format("%%d", number))))
end"""


def objects(body):
    """The objects of a JSON answer, by id: the course promises no order."""
    found = json.loads(body)
    return [found] if isinstance(found, dict) else sorted(found, key=lambda one: one["id"])


@dataclass(frozen=True)
class Question:
    """`read` makes a list of dicts of the answer's body."""

    title: str
    path: str
    body: str | None = None
    read: Callable = objects
    # Each time with another number in its body, which means nothing: no answer to it was given before.
    is_new: bool = False

    def ask(self, port):
        """Status and body. An unreachable server is an OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            method = "GET" if self.body is None else "POST"
            connection.request(method, self.path, self.body, JSON if self.body else {})
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(f"{method} {self.path} is answered with {error!r}") from error
        finally:
            connection.close()

    def script(self, work):
        """A file that makes wrk post the body; None if there is none."""
        if self.body is None:
            return None
        path = f"{work}/post.lua"
        with open(path, "w") as out:
            print('wrk.method = "POST"', 'wrk.headers["Content-Type"] = "application/json"', file=out, sep="\n")
            print(f"wrk.body = [[{self.body}]]", file=out)
            if self.is_new:
                print(ANEW % self.body.replace("{", '{"number": NUMBER, ', 1).replace(", }", "}"), file=out)
        return path


STATUS = Question("status", "/api/v1/status")


def search(title, is_new=False, **wish):
    return Question(title, "/api/v1/places_search", json.dumps(wish), is_new=is_new)


def home():
    return Question("home page of 150 places", "/", read=articles)


def difference(ours, theirs):
    """Where two lists of dicts differ, in a sentence; None if they do not."""
    if len(ours) != len(theirs):
        return f"{len(ours)} objects against {len(theirs)}"
    for mine, other in zip(ours, theirs):
        for field in sorted({*mine, *other}):
            if mine.get(field) != other.get(field):
                return f"`{field}` is {mine.get(field)!r} against {other.get(field)!r} in {other}"
    return None if ours else "both are empty, which proves nothing"
