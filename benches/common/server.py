"""A server of the bench: on a port of its own, on the servers' core, ready as soon as it answers."""

import socket
from pathlib import Path

from process import SERVER_CORE, Failed, Process, until

READY_SECONDS = 20


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server(Process):
    """`argv(port)` is its command line. Subclasses say whether it `answers()`: true, or an OSError while nobody does."""

    def __init__(self, name, argv, logs, cwd):
        self.name = name
        self.port = free_port()
        super().__init__(argv(self.port), SERVER_CORE, Path(logs) / f"{name}-{self.port}.log", cwd)
        try:
            until(self.ready, READY_SECONDS, lambda: self.complaint("does not answer"))
        except BaseException:
            self.end()
            raise

    def ready(self):
        if self.child.poll() is not None:
            raise Failed(self.complaint("ended at once"))
        try:
            return self.answers()
        except OSError:
            return False

    def complaint(self, what):
        return f"{self.name}: {what}\n{self.said()}".rstrip()
