"""A MariaDB server of the bench's own, on a socket, with Debian's settings, and the rows of a SQLite file in it."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from process import CLIENT_CORE, SERVER_CORE, Failed, Process, until
from small import hbnb

READY_SECONDS = 60
TABLES = ("states", "cities", "users", "amenities", "places", "place_amenity")


class MariaDb(Process):
    """Its directory goes with it; it may use both cores, as a database has a machine or a share of its own."""

    def __init__(self, work):
        self.directory = Path(work) / "mariadb"
        self.directory.mkdir()
        own = ["--no-defaults", f"--datadir={self.directory}/data", f"--tmpdir={self.directory}"]
        own += ["--user=root"] if os.geteuid() == 0 else []
        if not shutil.which("mariadb-install-db"):
            raise Failed("missing: mariadb-install-db (package mariadb-server)")
        install = ["mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db"]
        done = subprocess.run(install, text=True, capture_output=True)
        if done.returncode != 0:
            raise Failed(f"mariadb-install-db: {done.stderr or done.stdout}".rstrip())
        argv = ["mariadbd", *own, f"--socket={self.socket}", "--skip-networking", "--local-infile=1"]
        super().__init__(argv, f"{SERVER_CORE},{CLIENT_CORE}", self.directory / "log")
        try:
            until(self.ready, READY_SECONDS, lambda: f"mariadbd does not answer\n{self.said()}")
        except BaseException:
            self.end()
            raise

    @property
    def socket(self):
        return self.directory / "socket"

    def end(self):
        super().end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ready(self):
        return self.asked("SELECT 1").returncode == 0

    def asked(self, text):
        client = ["mariadb", "--no-defaults", "--local-infile=1", "-u", "root", "-S", str(self.socket), "-e", text]
        return subprocess.run(client, text=True, capture_output=True)

    def sql(self, text):
        done = self.asked(text)
        if done.returncode != 0:
            raise Failed(f"mariadb: {done.stderr}".rstrip())

    def holding(self, name, file):
        """The address of a new database with the rows of a SQLite file."""
        address = f"mysql://root@localhost/{name}?unix_socket={self.socket}"
        self.sql(f"CREATE DATABASE {name}")
        hbnb("migrate", address)
        rows = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        for table in TABLES:
            found = rows.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            columns = ", ".join(column for column, *_ in found.description)
            path = self.directory / table
            with path.open("w") as out:
                out.writelines("\t".join(map(cell, row)) + "\n" for row in found)
            self.sql(
                f"USE {name}; SET foreign_key_checks = 0; "
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 ({columns}); "
                f"ANALYZE TABLE {table}"
            )
            path.unlink()
        rows.close()
        return address


def cell(value):
    """A value as `LOAD DATA` reads it."""
    return r"\N" if value is None else str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
