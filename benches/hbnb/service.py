"""The two sides: how each is started with a database, and known to be ready."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from bench import OURS
from process import Failed
from program import APPSERVER, VENV
from question import STATUS
from server import Server

HERE = Path(__file__).resolve().parent
CLONE = HERE / "clone"
# The applications' default, and so many does the clone get.
WORKERS = 3
KEEP_ALIVE = "600"


@dataclass(frozen=True)
class Side:
    """`argv(port)` is its command line."""

    package: str
    argv: Callable


def appserver(port):
    return [
        *(APPSERVER, "--bind", f"127.0.0.1:{port}", "--workers", WORKERS, "--keep-alive", KEEP_ALIVE),
        *("--log-level", "error", "@hbnb"),
    ]


def gunicorn(kind, threads=1):
    def argv(port):
        return [
            *(VENV / "bin/gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", WORKERS, "-k", kind),
            *("--threads", threads, "--keep-alive", KEEP_ALIVE, "--log-level", "error", "--no-control-socket"),
            # Its workers touch a file as a sign of life, and wait for the disk with it when others write much.
            *("--worker-tmp-dir", "/dev/shm", "--chdir", CLONE, "app:app"),
        ]

    return argv


SIDES = {
    OURS: Side("appserver", appserver),
    "gunicorn-sync": Side("gunicorn", gunicorn("sync")),
    "gunicorn-gthread": Side("gunicorn", gunicorn("gthread", threads=4)),
}
CLONES = tuple(name for name in SIDES if name != OURS)


class Service(Server):
    """A side that answers from the database; `with` ends it."""

    def __init__(self, name, database, logs):
        def argv(port):
            # A path, or the address of a server.
            variable = "DATABASE_URL" if "://" in str(database) else "HBNB_SQLITE"
            return ["env", f"{variable}={database}", *SIDES[name].argv(port)]

        super().__init__(name, argv, logs, logs)

    def answers(self):
        return STATUS.ask(self.port)[0] == 200

    def objects(self, question):
        """What the answer holds; any status but 200 fails."""
        try:
            status, body = question.ask(self.port)
        except OSError as error:
            raise Failed(self.complaint(f"{question.title}: {error}")) from error
        if status != 200:
            raise Failed(self.complaint(f"{question.title} is answered with {status} {body[:200]!r}"))
        return question.read(body)
