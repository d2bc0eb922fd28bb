"""The floor: the Flask application called in a bare loop, with no server at all; prints calls a second.

    python loop.py SECONDS
"""

import io
import sys
import time

from view import app

CONSTANTS = {
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "SERVER_SOFTWARE": "loop",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "8000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SCRIPT_NAME": "",
    "REMOTE_ADDR": "127.0.0.1",
}
REQUEST = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "RAW_URI": "/",
    "REMOTE_PORT": "40000",
    "HTTP_HOST": "127.0.0.1:8000",
}


def start_response(status, headers, exc_info=None):
    if status != "200 OK":
        raise SystemExit(f"the application answers {status}")


def call():
    """One request as a server makes it: a new environ, the body iterated, the response closed."""
    environ = {**CONSTANTS, **REQUEST, "wsgi.input": io.BytesIO()}
    response = app(environ, start_response)
    body = b"".join(response)
    response.close()
    if body != b"Hello":
        raise SystemExit(f"the application answers {body!r}")


def calls_per_second(seconds):
    begin = now = time.perf_counter()
    calls = 0
    while now - begin < seconds:
        for _ in range(100):
            call()
        calls += 100
        now = time.perf_counter()
    return calls / (now - begin)


calls_per_second(0.5)
print(calls_per_second(float(sys.argv[1])))
