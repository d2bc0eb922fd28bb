"""The corners of PEP 3333: a WSGI application whose path names the part that answers.

Parts note what happens to them in the file `notes` of $TRAP_DIR, and wait for files that appear there.
"""
import gc
import hashlib
import io
import json
import os
import socket
import sys
import time
import weakref

PARTS = {}
TEXT = ("Content-Type", "text/plain")


def part(function):
    PARTS[function.__name__] = function
    return function


def app(environ, start_response):
    name = environ["PATH_INFO"].split("/")[1:2]
    return PARTS.get("".join(name), environ_shown)(environ, start_response)


def path(name):
    return os.path.join(os.environ["TRAP_DIR"], name)


def note(word):
    with open(path("notes"), "a") as notes:
        notes.write(word + "\n")


def wait_for(name):
    end = time.time() + 20
    while not os.path.exists(path(name)):
        if time.time() > end:
            raise RuntimeError("waited in vain for " + name)
        time.sleep(0.005)


def answer(start_response, text):
    body = text.encode("latin-1")
    start_response("200 OK", [TEXT, ("Content-Length", str(len(body)))])
    return [body]


def fail():
    try:
        raise ValueError("a part failed")
    except ValueError:
        return sys.exc_info()


class Noted:
    """An iterable that notes its end."""

    def __init__(self, parts, at_close=lambda: None):
        self.parts = parts
        self.at_close = at_close

    def __iter__(self):
        return iter(self.parts)

    def close(self):
        self.at_close()
        note("closed")


# What the application is told.


def environ_shown(environ, start_response):
    wrong = [k for k, v in environ.items() if k.isupper() and (type(k), type(v)) != (str, str)]
    lines = ["%s=%s" % (k, ascii(environ[k])) for k in sorted(environ) if k.isupper()]
    lines.append("%s %s" % (type(environ).__name__, wrong))
    return answer(start_response, "\n".join(lines))


@part
def wsgi(environ, start_response):
    names = ["version", "url_scheme", "multithread", "multiprocess", "run_once", "input_terminated"]
    return answer(start_response, "\n".join("%s=%r" % (n, environ.get("wsgi." + n)) for n in names))


@part
def input(environ, start_response):
    """Does with wsgi.input what the query says: `read=3&readline&iter`."""
    results = []
    for step in environ["QUERY_STRING"].split("&"):
        name, _, number = step.partition("=")
        if name == "iter":
            result = list(environ["wsgi.input"])
        else:
            result = getattr(environ["wsgi.input"], name)(*([int(number)] if number else []))
        results.append([r.decode() for r in result] if isinstance(result, list) else result.decode())
    return answer(start_response, json.dumps(results))


@part
def length(environ, start_response):
    """Reads as much as CONTENT_LENGTH says, as Django does."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return answer(start_response, environ["wsgi.input"].read(length).decode("latin-1"))


@part
def untouched(environ, start_response):
    return answer(start_response, "not read")


@part
def ask_first(environ, start_response):
    note("called")
    wait_for("go")
    return answer(start_response, environ["wsgi.input"].read().decode())


@part
def echo(environ, start_response):
    body, digest = [], hashlib.sha256()
    for block in iter(lambda: environ["wsgi.input"].read(65536), b""):
        body.append(block)
        digest.update(block)
    size = sum(map(len, body))
    start_response("200 OK", [TEXT, ("Content-Length", str(size)), ("X-Digest", digest.hexdigest())])
    return body


@part
def pid(environ, start_response):
    return answer(start_response, str(os.getpid()))


# How the answer is begun.


@part
def never(environ, start_response):
    return [b"no one began this"]


@part
def late(environ, start_response):
    start_response("203 Late", [TEXT, ("X-Late", "yes")])
    yield b"late "
    yield b"start"


@part
def changed_mind(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "yes")])
    yield b""
    start_response("503 Not Now", [TEXT, ("X-Second", "yes")], fail())
    yield b"sorry"


@part
def replaced(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "yes"), ("Content-Length", "100")])
    start_response("503 Not Now", [TEXT, ("X-Second", "yes"), ("Content-Length", "5")], fail())
    return [b"sorry"]


@part
def too_late(environ, start_response):
    start_response("200 OK", [TEXT])
    yield b"sent"
    try:
        start_response("503 Not Now", [TEXT], fail())
    except ValueError as error:
        note("raised again: %s" % error)
        raise


@part
def twice(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "yes")])
    try:
        start_response("503 Not Now", [TEXT])
    except AssertionError:
        note("asserted")
    return [b"first"]


@part
def odd_exc_info(environ, start_response):
    try:
        start_response("200 OK", [TEXT], "not a tuple")
    except Exception:
        note("rejected")
        raise


class Thing:
    last = None


@part
def kept(environ, start_response):
    """Makes a thing that only the frame of a failure holds; says what became of the one before."""
    gc.disable()
    before = Thing.last and Thing.last()
    thing = Thing()
    Thing.last = weakref.ref(thing)
    start_response("200 OK", [TEXT, ("X-Before", "gone" if before is None else "kept")])
    try:
        raise ValueError
    except ValueError:
        start_response("200 OK", [TEXT, ("X-Before", "gone" if before is None else "kept")], sys.exc_info())
    return [b"thing"]


@part
def write(environ, start_response):
    write = start_response("200 OK", [TEXT])
    write(b"one ")
    wait_for("go")
    write(b"two ")
    return [b"three"]


@part
def hints(environ, start_response):
    environ["wsgi.early_hints"]([("Link", "</style.css>; rel=preload")])
    return answer(start_response, "page")


# What the answer's head says.


@part
def reason(environ, start_response):
    start_response("299 Fine Indeed", [("Content-Length", "0")])
    return []


ODD_HEADS = {
    "space": ("200 OK", [("X Y", "v")]),
    "colon": ("200 OK", [("X:", "v")]),
    "empty": ("200 OK", [("", "v")]),
    "split": ("200 OK", [("X-Y", "v\r\nX-Evil: 1")]),
    "newline": ("200 OK", [("X-Y", "v\nw")]),
    "nul": ("200 OK", [("X-Y", "v\0w")]),
    "status": ("200 OK", [("Status", "404 Not Found")]),
    "line": ("200 OK\r\nX-Evil: 1", []),
    "bytes": (b"200 OK", []),
    "word": ("fine", []),
    "value": ("200 OK", [("X-Y", 1)]),
    "long": ("200 OK", [("X-Y", "v" * 2000000)]),
    "half": ("200 OK", [("X-Y", "\udce9")]),
    "length": ("200 OK", [("Content-Length", "abc")]),
    "lengths": ("200 OK", [("Content-Length", "4"), ("Content-Length", "5")]),
}


@part
def odd_head(environ, start_response):
    status, headers = ODD_HEADS[environ["QUERY_STRING"]]
    start_response(status, [TEXT] + headers)
    return [b"body"]


@part
def hop(environ, start_response):
    hops = [("Keep-Alive", "timeout=99"), ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("Trailer", "X")]
    start_response("200 OK", [TEXT, ("Content-Length", "3")] + hops)
    return [b"hop"]


@part
def latin(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "0"), ("X-Name", "caf\xe9")])
    return []


@part
def status(environ, start_response):
    start_response(environ["QUERY_STRING"].replace("+", " "), [("Content-Length", "4"), ("X-Kept", "yes")])
    return [b"body"]


# How the body goes out.


@part
def one(environ, start_response):
    start_response("200 OK", [TEXT])
    return [b"one"]


@part
def two(environ, start_response):
    start_response("200 OK", [TEXT])
    return [b"one ", b"two"]


@part
def generated(environ, start_response):
    start_response("200 OK", [TEXT])
    return (word for word in [b"one ", b"two"])


@part
def none(environ, start_response):
    start_response("200 OK", [TEXT])
    return []


@part
def too_long(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "3")])
    return [b"on", b"e and more", b"and more"]


@part
def too_short(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "9")])
    return [b"one ", b"two"]


@part
def stream(environ, start_response):
    start_response("200 OK", [TEXT])
    for word in ["one", "two", "three"]:
        note("made " + word)
        yield word.encode()
        wait_for("after-" + word)


@part
def waits(environ, start_response):
    name = environ["QUERY_STRING"]
    note("begun " + name)
    wait_for(name)
    note("over " + name)
    return answer(start_response, name)


@part
def events(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/event-stream"), ("Content-Length", "20")])
    yield b"data: 1\n\n"
    wait_for("go")
    yield b"data: 2\n\nx\n"


@part
def holes(environ, start_response):
    start_response("200 OK", [TEXT])
    return (word for word in [b"", b"a", b"", b"", b"b", b""])


@part
def text(environ, start_response):
    start_response("200 OK", [TEXT])
    return ["text, not bytes"]


@part
def text_later(environ, start_response):
    start_response("200 OK", [TEXT])
    yield b"bytes"
    yield "text"


@part
def large(environ, start_response):
    body = b"".join(b"%08d" % n for n in range(0, 5000000, 8))
    headers = [TEXT, ("X-Digest", hashlib.sha256(body).hexdigest())]
    if environ["QUERY_STRING"] == "length":
        headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [body] if environ["QUERY_STRING"] == "length" else (body[n : n + 9999] for n in range(0, len(body), 9999))


@part
def dies(environ, start_response):
    body = b"x" * 50000000
    start_response("200 OK", [TEXT, ("Content-Length", str(len(body)))])
    send = socket.socket.sendmsg

    def send_and_die(*args):
        send(*args)
        os._exit(1)

    socket.socket.sendmsg = send_and_die
    return [body]


@part
def counting(environ, start_response):
    """Notes what this process sends to clients itself, from now on."""
    send = socket.socket.sendmsg

    def send_and_note(*args):
        sent = send(*args)
        note("sent %d" % sent)
        return sent

    socket.socket.sendmsg = send_and_note
    return answer(start_response, "counting")


@part
def parts(environ, start_response):
    """Three parts of 100,000 bytes each, of an announced length or not, with a hint ahead."""
    if environ["QUERY_STRING"].startswith("hint"):
        environ["wsgi.early_hints"]([("Link", "</style.css>")])
    headers = [TEXT]
    if environ["QUERY_STRING"].endswith("length"):
        headers.append(("Content-Length", "300000"))
    start_response("200 OK", headers)
    return [letter * 100000 for letter in (b"a", b"b", b"c")]


@part
def surplus(environ, start_response):
    """More than is announced, in digits that begin with a space."""
    start_response("200 OK", [TEXT, ("Content-Length", " 70000")])
    return [b"x" * 100000]


# How it ends.


@part
def closing(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "7")])
    return Noted([b"one ", b"two"])


@part
def closing_late(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "3")])
    return Noted([b"one"], lambda: wait_for("go"))


def words_then_error():
    yield b"one "
    raise RuntimeError("in the middle")


@part
def closing_error(environ, start_response):
    start_response("200 OK", [TEXT])
    return Noted(words_then_error())


def endless():
    note("begun")
    while True:
        yield b"." * 9999


@part
def closing_endless(environ, start_response):
    start_response("200 OK", [TEXT])
    return Noted(endless())


@part
def broken(environ, start_response):
    raise RuntimeError("this part is broken")


@part
def leave(environ, start_response):
    raise {"exit": SystemExit, "interrupt": KeyboardInterrupt}[environ["QUERY_STRING"]]("on purpose")


# Files.


class NotedFile(io.FileIO):
    def close(self):
        if not self.closed:
            note("closed")
        super().close()


@part
def file(environ, start_response):
    """Serves $TRAP_DIR/page; the query says how: buffered, from=N, length=N, upper, memory."""
    how = dict(step.partition("=")[::2] for step in environ["QUERY_STRING"].split("&"))
    served = open(path("page"), "rb") if "buffered" in how else NotedFile(path("page"))
    if "memory" in how:
        served = io.BytesIO(served.read())
    served.read(int(how.get("from", 0)))
    headers = [TEXT]
    if "length" in how:
        headers.append(("Content-Length", how["length"]))
    start_response("200 OK", headers)
    wrapped = environ["wsgi.file_wrapper"](served, 1000)
    return (block.upper() for block in wrapped) if "upper" in how else wrapped


# What is said.


@part
def errors(environ, start_response):
    errors = environ["wsgi.errors"]
    errors.write("written to errors\n")
    errors.writelines(["line one of errors\n", "line two of errors\n"])
    print("caf\xe9 printed to errors", file=errors)
    errors.flush()
    return answer(start_response, str(os.getpid()))


@part
def say(environ, start_response):
    print("said to standard output")
    print("said to standard error", file=sys.stderr)
    return answer(start_response, "said")
