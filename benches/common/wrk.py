"""Load by wrk, from a core of its own; an answer other than 2xx or a broken connection is a failure."""

import re
import subprocess
from typing import NamedTuple

from process import CLIENT_CORE, Failed, pinned

CONNECTIONS = 32
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}


class Load(NamedTuple):
    per_second: float
    p99_ms: float


def load(server, path, seconds, script=None, connections=CONNECTIONS):
    """Ask `server` for `seconds`, on connections that stay open as long as the server lets them."""
    text = asked(server, path, seconds, script, connections)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text)
    if not rate or not p99 or float(rate[1]) == 0:
        raise Failed(f"{server.name}: wrk says: {text}\n{server.said()}".rstrip())
    return Load(float(rate[1]), float(p99[1]) * MILLISECONDS[p99[2]])


def asked(server, path, seconds, script, connections):
    """What wrk prints; it may be that nothing was answered in so short a time."""
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "5s"]
    argv += ["-s", script] if script else []
    url = f"http://127.0.0.1:{server.port}{path}"
    done = subprocess.run(pinned(CLIENT_CORE, [*argv, url]), text=True, capture_output=True)
    text = done.stdout + done.stderr
    bad = re.search(r"(Non-2xx|Socket errors).*", text)
    if bad or done.returncode != 0:
        raise Failed(f"{server.name}: wrk says: {bad[0] if bad else text}\n{server.said()}".rstrip())
    return text
