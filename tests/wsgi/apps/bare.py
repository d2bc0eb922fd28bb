"""The site of the framework tests on nothing but the standard library."""
import hashlib
import io
import os
from email import message_from_bytes
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, unquote
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "static", "page.txt")


def whole(environ):
    body = io.BytesIO()
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left > 0:
        block = environ["wsgi.input"].read(min(left, 65536))
        if not block:
            break
        body.write(block)
        left -= len(block)
    return body.getvalue()


def parts(start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    for word in ["one\n", "two\n", "three\n"]:
        yield word.encode()


def uploaded(environ):
    head = "Content-Type: %s\r\n\r\n" % environ["CONTENT_TYPE"]
    for part in message_from_bytes(head.encode() + whole(environ)).get_payload():
        if part.get_filename():
            body = part.get_payload(decode=True)
            return "%s %d %s" % (part.get_filename(), len(body), hashlib.sha256(body).hexdigest())


def answer(environ):
    """The status, headers and text for a request."""
    method = environ["REQUEST_METHOD"]
    path = environ["PATH_INFO"].encode("latin-1").decode()
    if path.startswith("/hello/"):
        return "200 OK", [], "Hello, %s!" % path[len("/hello/") :]
    if path == "/query":
        return "200 OK", [], "q is %s" % parse_qs(environ["QUERY_STRING"])["q"][0]
    if path == "/form" and method == "POST":
        form = parse_qs(whole(environ).decode())
        return "200 OK", [], "%s is %s" % (form["name"][0], form["mood"][0])
    if path == "/count":
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        count = int(cookie["count"].value) + 1 if "count" in cookie else 1
        return "200 OK", [("Set-Cookie", "count=%d; Path=/" % count)], "visit %d" % count
    if path == "/go":
        return "302 Found", [("Location", "/hello/there")], ""
    if path == "/upload" and method == "POST":
        return "200 OK", [], uploaded(environ)
    if path == "/raw" and method == "POST":
        return "200 OK", [], whole(environ).decode()
    if path == "/scheme":
        return "200 OK", [], environ["wsgi.url_scheme"]
    if path == "/error":
        raise ValueError("an error of the site")
    if path == "/none":
        return "204 No Content", [], None
    return "404 Not Found", [], "not here"


def app(environ, start_response):
    if environ["PATH_INFO"] == "/stream":
        return parts(start_response)
    if environ["PATH_INFO"] == "/page":
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(os.path.getsize(PAGE)))]
        start_response("200 OK", headers)
        return environ.get("wsgi.file_wrapper", FileWrapper)(open(PAGE, "rb"))
    status, headers, text = answer(environ)
    body = (text or "").encode()
    if text is not None:
        headers += [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class Sized(io.RawIOBase):
    """An input whose every `read` has a size: the check below knows no other, and frameworks do."""

    def __init__(self, input):
        self.input = input

    def readable(self):
        return True

    def readinto(self, place):
        block = self.input.read(len(place))
        place[: len(block)] = block
        return len(block)


def strict(app):
    """The application and the server, each checked by the standard library."""

    def sized(environ, start_response):
        environ["wsgi.input"] = io.BufferedReader(Sized(environ["wsgi.input"]))
        return app(environ, start_response)

    return validator(sized)


validated = strict(app)
