"""The servers of the bench: how each is named, started and known to answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import ask
import server
from process import Failed
from program import APPSERVER, PYTHON, VENV

HERE = Path(__file__).resolve().parent
APPS = HERE / "app"
KEEP_ALIVE = "600"
# More than ever ask at once.
CONNECTIONS = "12000"


@dataclass(frozen=True)
class Server:
    """A peer: `argv(port, application, workers)` is its command line."""

    name: str
    package: str
    argv: Callable


def appserver(port, application, workers):
    return [
        *(APPSERVER, "--bind", f"127.0.0.1:{port}", "--workers", workers, "--keep-alive", KEEP_ALIVE),
        *("--worker-connections", CONNECTIONS, "--log-level", "error", "--python", PYTHON, "--chdir", APPS, application),
    ]


def gunicorn(kind, threads=1):
    def argv(port, application, workers):
        return [
            *(VENV / "bin/gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", workers, "-k", kind),
            *("--threads", threads, "--keep-alive", KEEP_ALIVE, "--log-level", "error", "--no-control-socket"),
            # Its workers touch a file as a sign of life, and wait for the disk with it when others write much.
            *("--worker-tmp-dir", "/dev/shm", "--chdir", APPS, application),
        ]

    return argv


def granian(port, application, workers):
    return [
        *(VENV / "bin/granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--workers", workers),
        *("--http", "1", "--no-ws", "--log-level", "error", "--working-dir", APPS),
        # Room for ten thousand connections; as many threads at most as without that.
        *("--backlog", "16384", "--blocking-threads", "512", application),
    ]


def uwsgi(*listen):
    def argv(port, application, workers):
        *options, flag = listen
        return [
            *(VENV / "bin/uwsgi", *options, flag, f"127.0.0.1:{port}", "--master", "--processes", workers),
            *("--listen", "1024", "--disable-logging", "--need-app", "--die-on-term", "--virtualenv", VENV),
            *("--chdir", APPS, "--module", application),
        ]

    return argv


def fastwsgi(port, application, workers):
    """In C, in the interpreter's own process and thread, and nothing beside it: what is left where nobody supervises."""
    module, name = application.split(":")
    program = f"import fastwsgi; from {module} import {name} as it; fastwsgi.run(it, '127.0.0.1', {port}, loglevel=0)"
    return [PYTHON, "-c", program]


SERVERS = {
    server.name: server
    for server in (
        Server("appserver", "appserver", appserver),
        Server("granian", "granian", granian),
        Server("uwsgi-close", "uWSGI", uwsgi("--add-header", "Connection: close", "--http-socket")),
        Server("uwsgi-keepalive", "uWSGI", uwsgi("--add-header", "Connection: Keep-Alive", "--http11-socket")),
        Server("gunicorn-sync", "gunicorn", gunicorn("sync")),
        Server("gunicorn-gthread", "gunicorn", gunicorn("gthread")),
        Server("gunicorn-gevent", "gunicorn", gunicorn("gevent")),
        Server("fastwsgi", "fastwsgi", fastwsgi),
    )
}
UWSGI = ("uwsgi-close", "uwsgi-keepalive")
GUNICORN = ("gunicorn-sync", "gunicorn-gthread", "gunicorn-gevent")


class Running(server.Server):
    """A server that answers; the first answers are checked."""

    def __init__(self, name, application, request, logs, workers=1):
        self.request = request
        super().__init__(name, lambda port: SERVERS[name].argv(port, application, workers), logs, APPS)

    def answers(self):
        wrong = ask.wrong(self.port, self.request)
        if wrong:
            raise Failed(self.complaint(wrong))
        return True
