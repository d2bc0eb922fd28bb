"""The servers of the bench: how each is installed, named, started and known to be ready."""

import hashlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import ask
from process import SERVER_CORE, Failed, Process, until

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
APPS = HERE / "app"
TARGET = ROOT / "target"
VENV = TARGET / "wsgi-peers"
PYTHON = VENV / "bin/python"
BASE_PYTHON = "/usr/bin/python3"
APPSERVER = Path(os.environ.get("APPSERVER", TARGET / "x86_64-unknown-linux-gnu/release/appserver")).absolute()
READY_SECONDS = 20
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


def install():
    """Make the virtual environment, unless it holds the wanted releases already."""
    wanted = (HERE / "requirements.txt").read_bytes()
    mark = VENV / "installed"
    digest = hashlib.sha256(wanted + subprocess.check_output([BASE_PYTHON, "-VV"])).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return
    print(f"installing the peers into {VENV.relative_to(ROOT)}; pip builds uWSGI", file=sys.stderr)
    steps = (
        [BASE_PYTHON, "-m", "venv", "--clear", VENV],
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "wheel"],
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"],
    )
    for step in steps:
        if subprocess.run(step, stdout=sys.stderr).returncode != 0:
            raise Failed("cannot install the peers: " + " ".join(map(str, step)))
    mark.write_text(digest)


def version(package):
    if package == "appserver":
        return subprocess.check_output([APPSERVER, "--version"], text=True).split()[1]
    ask_pip = "import sys, importlib.metadata; print(importlib.metadata.version(sys.argv[1]))"
    return subprocess.check_output([PYTHON, "-c", ask_pip, package], text=True).strip()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Running(Process):
    """A server that answers; the first answers are checked."""

    def __init__(self, name, application, request, logs, workers=1):
        self.name = name
        self.port = free_port()
        argv = SERVERS[name].argv(self.port, application, workers)
        super().__init__(argv, SERVER_CORE, Path(logs) / f"{name}.log", cwd=APPS)
        try:
            until(lambda: self.answers(request), READY_SECONDS, lambda: self.complaint("does not answer"))
        except BaseException:
            self.end()
            raise

    def answers(self, request):
        if self.child.poll() is not None:
            raise Failed(self.complaint("ended at once"))
        try:
            wrong = ask.wrong(self.port, request)
        except OSError:
            return False
        if wrong:
            raise Failed(self.complaint(wrong))
        return True

    def complaint(self, what):
        return f"{self.name}: {what}\n{self.said()}".rstrip()
