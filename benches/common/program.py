"""The programs that the benches run: ours as cargo built them, and Python's in an environment below target/."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from process import CLIENT_CORE, SERVER_CORE, Failed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target"
VENV = TARGET / "wsgi-peers"
PYTHON = VENV / "bin/python"
BASE_PYTHON = "/usr/bin/python3"
APPSERVER = Path(os.environ.get("APPSERVER", TARGET / "x86_64-unknown-linux-gnu/release/appserver")).absolute()


def prepare(*ours):
    """Fails if the machine lacks something or a binary of ours is not built; installs the peers; takes the client's core."""
    missing = [program for program in ("wrk", "taskset") if not shutil.which(program)]
    missing += [f"{path} (cargo build --release)" for path in ours if not os.access(path, os.X_OK)]
    if missing:
        raise Failed("missing: " + ", ".join(missing))
    if not {SERVER_CORE, CLIENT_CORE} <= os.sched_getaffinity(0):
        raise Failed("two cores are needed: one serves, one asks")
    install()
    os.sched_setaffinity(0, {CLIENT_CORE})


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


def versions(packages):
    """For people: every package and Python and Linux, each with its version."""
    listed = ", ".join(f"{package} {version(package)}" for package in dict.fromkeys(packages))
    python = subprocess.check_output([PYTHON, "-V"], text=True).split()[1]
    return f"{listed}; Python {python}, Linux {os.uname().release}"
