"""One request and the answer that it must get."""

import http.client
from typing import NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    body: bytes | None
    answer: bytes


FLASK_VIEW = Request("GET", "/", None, b"Hello")

def wrong(port, request):
    """What is wrong with the answer, or None. An unreachable server is an OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(request.method, request.path, request.body)
        response = connection.getresponse()
        body = response.read()
    except http.client.HTTPException as error:
        return f"{request.method} {request.path} is answered with {error!r}"
    finally:
        connection.close()
    if response.status != 200:
        return f"{request.method} {request.path} is answered with {response.status}"
    if body != request.answer:
        return f"{request.method} {request.path} is answered with {len(body)} bytes {body[:40]!r}"
    return None
