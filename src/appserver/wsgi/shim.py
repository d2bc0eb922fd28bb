"""The worker of a Python application: takes whole requests from the queue, calls the application, sends the answers back.

Run by appserver with the channel to the master as standard input. Everything here also runs on Python 3.5.

What comes and goes:
- the channel: frames of the master (see channel.rs): length and count of descriptors, then JSON.
- the queue: one packet a request, shared by all workers, so that whoever is free takes the next:
  number (u64), length of the environ (u32), kind of the body (u8), environ (marshal), body.
- a slot: one stream a thread, for answers: length (u32), kind (u8), number of the request (u64), content. A head's content is
  the length of the body (u64, all ones if unknown), then marshal: (status, [(name, value), ...]).
- the board: 16 bytes a thread: number of the request in work (u64), number of a request nobody waits for (u64),
  then one byte at the end that says: leave.
"""

import array
import faulthandler
import io
import json
import marshal
import mmap
import os
import select
import signal
import socket
import struct
import sys
import threading
import traceback

HEAD, DATA, FILE, END, ABORT, EARLY = range(6)
NO_BODY, INLINE, IN_FILE = range(3)
PACKET = struct.Struct("<QIB")
FRAME = struct.Struct("<IBQ")
NUMBER = struct.Struct("<Q")
UNKNOWN = 2**64 - 1
PLACE = 16
# The largest packet: head, environ and inline body, with room to spare.
PACKET_BYTES = 256 * 1024
# A part of an answer that is longer is sent on its own rather than copied together with others, and in pieces.
COPIED_BYTES = 64 * 1024
PIECE_BYTES = 128 * 1024
DESCRIPTOR_BYTES = socket.CMSG_SPACE(4)
BOOT_FAILED, APP_FAILED = 3, 4


class Channel:
    """What master and worker say to each other."""

    def __init__(self, stream):
        self.stream = stream
        self.lock = threading.Lock()
        self.bytes = b""
        self.descriptors = []

    def say(self, report):
        body = json.dumps(report).encode()
        with self.lock:
            self.stream.sendall(struct.pack("<II", len(body), 0) + body)

    def log(self, level, text):
        self.say({"Log": {"level": level, "message": text}})

    def hear(self):
        """The next frame and its descriptors; none when the master is gone."""
        while True:
            if len(self.bytes) >= 8:
                length, count = struct.unpack_from("<II", self.bytes)
                if len(self.bytes) >= 8 + length:
                    body, self.bytes = self.bytes[8 : 8 + length], self.bytes[8 + length :]
                    given, self.descriptors = self.descriptors[:count], self.descriptors[count:]
                    return json.loads(body.decode()), given
            data, messages, _, _ = self.stream.recvmsg(65536, socket.CMSG_SPACE(4 * 253))
            for level, kind, content in messages:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    numbers = array.array("i")
                    numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                    self.descriptors.extend(numbers)
            if not data:
                return None, []
            self.bytes += data


class Errors:
    """`wsgi.errors`: whole lines go to the error log."""

    encoding = "utf-8"

    def __init__(self, channel):
        self.channel = channel
        self.part = threading.local()

    def said(self, text):
        """The text with the name of the request it is about, if that has one."""
        request = getattr(self.part, "request", None)
        return "[%s] %s" % (request, text) if request else text

    def write(self, text):
        lines = (getattr(self.part, "text", "") + text).split("\n")
        self.part.text = lines.pop()
        if lines:
            self.channel.log("Error", self.said("\n".join(lines)))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        text = getattr(self.part, "text", "")
        if text:
            self.part.text = ""
            self.channel.log("Error", self.said(text))


class File:
    """`wsgi.file_wrapper`: returned unchanged, the file itself is handed over; iterated, it reads in blocks."""

    def __init__(self, file, block_size=8192):
        self.file = file
        self.block_size = block_size
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self):
        return self

    def __next__(self):
        data = self.file.read(self.block_size)
        if data:
            return data
        raise StopIteration

    def span(self):
        """The descriptor, the place in it and how much is left; none if only reading can tell."""
        try:
            descriptor = self.file.fileno()
            at = self.file.tell()
            size = os.fstat(descriptor)
            if not hasattr(os, "pread") or (size.st_mode & 0o170000) != 0o100000:
                return None
            # An object that changes what it reads (gzip, text) has another position than its descriptor.
            if not isinstance(self.file, (io.FileIO, io.BufferedReader, io.BufferedRandom)):
                return None
            return descriptor, at, max(size.st_size - at, 0)
        except (AttributeError, OSError, ValueError, io.UnsupportedOperation):
            return None


class Gone(Exception):
    """Nobody waits for this answer any more."""


class Worker:
    """The application and what all threads share."""

    def __init__(self, channel, queue, board, places):
        self.channel = channel
        self.queue = queue
        self.board = board
        self.places = places
        self.errors = Errors(channel)
        # What an application reads as the name of a request.
        self.request_key = ""
        self.application = None
        self.hooks = {}
        self.base = {
            "wsgi.version": (1, 0),
            "wsgi.errors": self.errors,
            "wsgi.multithread": places > 1,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": File,
            "wsgi.input_terminated": True,
        }
        self.threads = []
        self.leaves = False

    def is_leaving(self):
        return self.leaves or self.board[self.places * PLACE] != 0

    def leave(self, *_):
        """Takes no further request; also a signal handler. A thread that waits is woken by the end of what it can read."""
        self.leaves = True
        for thread in self.threads:
            thread.stop_waiting()


class Answer:
    """One answer on its way out: the state behind `start_response`, `write` and the body."""

    def __init__(self, thread, number):
        self.thread = thread
        self.number = number
        self.head = None
        # Bytes of the body that are still to come; none if nobody said how many there are.
        self.left = None
        self.is_sent = False
        self.is_over = False

    def start(self, status, headers, exc_info=None):
        if exc_info is not None:
            try:
                if not isinstance(exc_info, tuple):
                    raise AssertionError("exc_info is to be a tuple, as sys.exc_info() gives it")
                if self.is_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.head is not None:
            raise AssertionError("start_response was called twice without exc_info")
        if type(status) is not str:
            raise TypeError("the status is to be a str, not %s" % type(status).__name__)
        if not status[:3].isdigit() or status[3:4] not in ("", " "):
            raise ValueError("the status is to begin with three digits and a space, and is %r" % status)
        self.head = (status, checked(headers))
        self.left = length_of(headers)
        return self.write

    def write(self, data):
        if not isinstance(data, bytes):
            raise TypeError("a part of the body is to be bytes, not %s" % type(data).__name__)
        if self.head is None:
            raise AssertionError("a part of the body came before start_response was called")
        if data and not self.is_over:
            self.send(data)

    def send(self, data):
        if self.thread.is_gone(self.number):
            raise Gone()
        frames, end = self.opening(), b""
        if self.left is not None:
            data = data[: self.left]
            self.left -= len(data)
            if self.left == 0:
                # All that was announced: the answer is over, whatever the application does after it.
                self.is_over = True
                end = FRAME.pack(0, END, self.number)
        if len(data) <= COPIED_BYTES:
            self.thread.slot.sendall(frames + FRAME.pack(len(data), DATA, self.number) + data + end)
            return
        view = memoryview(data)
        for at in range(0, len(data), PIECE_BYTES):
            piece = view[at : at + PIECE_BYTES]
            self.thread.slot.sendall(frames + FRAME.pack(len(piece), DATA, self.number))
            self.thread.slot.sendall(piece)
            frames = b""
        self.thread.slot.sendall(end)

    def opening(self):
        """The head's frame, once."""
        if self.is_sent:
            return b""
        self.is_sent = True
        head = marshal.dumps(self.head, 2)
        length = UNKNOWN if self.left is None else self.left
        return FRAME.pack(8 + len(head), HEAD, self.number) + NUMBER.pack(length) + head

    def end(self):
        if self.head is None:
            raise AssertionError("the application never called start_response")
        if not self.is_over:
            self.is_over = True
            self.thread.slot.sendall(self.opening() + FRAME.pack(0, END, self.number))

    def early(self, headers):
        """`wsgi.early_hints`: a 103 ahead of the answer."""
        if not self.is_sent:
            head = NUMBER.pack(0) + marshal.dumps(("103 Early Hints", checked(headers)), 2)
            self.thread.slot.sendall(FRAME.pack(len(head), EARLY, self.number) + head)


def checked(headers):
    """The headers as a list of pairs of str; what marshal cannot take is told."""
    if type(headers) is not list:
        raise TypeError("the headers are to be a list, not %s" % type(headers).__name__)
    for pair in headers:
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
            raise TypeError("a header is to be a tuple of two str, and is %r" % (pair,))
    return list(headers)


def length_of(headers):
    """The body's length as the application announced it; none if it did not."""
    for name, value in headers:
        if len(name) == 14 and name.lower() == "content-length" and value.isdigit():
            return int(value)
    return None


class Thread:
    """A thread that serves, with its slot and its place on the board."""

    def __init__(self, worker, place, slot):
        self.worker = worker
        self.at = place * PLACE
        self.slot = slot
        self.poll = select.poll()
        self.poll.register(worker.queue.fileno(), select.POLLIN)
        self.poll.register(slot.fileno(), select.POLLIN | select.POLLHUP)
        self.buffer = bytearray(PACKET_BYTES)
        self.view = memoryview(self.buffer)

    def is_gone(self, number):
        return NUMBER.unpack_from(self.worker.board, self.at + 8)[0] == number

    def stop_waiting(self):
        try:
            self.slot.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    def run(self):
        """Serves until told to leave, or until nobody can ask any more."""
        queue, poll, place = self.worker.queue, self.poll, self.at
        board, view = self.worker.board, [self.view]
        while not self.worker.is_leaving():
            try:
                length, messages, _, _ = queue.recvmsg_into(view, DESCRIPTOR_BYTES)
            except BlockingIOError:
                ready = poll.poll()
                if any(descriptor == self.slot.fileno() for descriptor, _ in ready):
                    return
                continue
            except InterruptedError:
                continue
            if length == 0:
                return
            number, environ_length, kind = PACKET.unpack_from(self.buffer)
            NUMBER.pack_into(board, place, number)
            try:
                self.answer(number, environ_length, kind, length, messages)
            except (BrokenPipeError, ConnectionResetError):
                return
            finally:
                NUMBER.pack_into(board, place, 0)

    def answer(self, number, environ_length, kind, length, messages):
        start = PACKET.size
        body_at = start + environ_length
        environ = marshal.loads(self.view[start:body_at])
        environ.update(self.worker.base)
        if kind == NO_BODY:
            body = io.BytesIO()
        elif kind == INLINE:
            body = io.BytesIO(self.view[body_at:length])
        else:
            body = open(descriptor_of(messages), "rb")
        environ["wsgi.input"] = body
        self.worker.errors.part.request = environ.get(self.worker.request_key)
        answer = Answer(self, number)
        environ["wsgi.early_hints"] = answer.early
        try:
            self.call(answer, environ)
        except Gone:
            pass
        except (BrokenPipeError, ConnectionResetError):
            raise
        except BaseException as wrong:
            self.failed(answer, environ, wrong)
            if not isinstance(wrong, Exception):
                self.worker.leave()
        finally:
            body.close()

    def call(self, answer, environ):
        result = self.worker.application(environ, answer.start)
        try:
            self.body(answer, result)
        finally:
            if hasattr(result, "close"):
                result.close()

    def body(self, answer, result):
        if type(result) is File and answer.head is not None and not answer.is_sent:
            span = result.span()
            if span is not None:
                self.hand_over(answer, span)
                return
        if type(result) in (list, tuple) and answer.head is not None and not answer.is_sent and answer.left is None:
            # All parts are here, so that their length is known, which saves chunks.
            answer.left = sum(map(len, result))
        for part in result:
            answer.write(part)
        answer.end()

    def hand_over(self, answer, span):
        descriptor, at, length = span
        if answer.left is None:
            answer.left = length
        length = min(length, answer.left)
        head = answer.opening() + FRAME.pack(16, FILE, answer.number) + struct.pack("<QQ", at, length)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        sent = self.slot.sendmsg([head], rights)
        answer.is_over = True
        self.slot.sendall(head[sent:] + FRAME.pack(0, END, answer.number))

    def failed(self, answer, environ, wrong):
        text = "Error handling request %s %s\n%s" % (
            environ.get("REQUEST_METHOD"),
            environ.get("RAW_URI"),
            "".join(traceback.format_exception(type(wrong), wrong, wrong.__traceback__)).rstrip(),
        )
        self.worker.channel.log("Error", self.worker.errors.said(text))
        if not answer.is_over:
            self.slot.sendall(FRAME.pack(0, ABORT, answer.number))


def descriptor_of(messages):
    for level, kind, content in messages:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            return struct.unpack_from("i", content)[0]
    raise OSError("a request came without its body")


def load(target):
    """The application that MODULE[:EXPR] names."""
    import ast
    import importlib

    module_name, _, expression = target.partition(":")
    expression = expression or "application"
    module = importlib.import_module(module_name)
    tree = ast.parse(expression, mode="eval").body
    name, call = (tree.func, tree) if isinstance(tree, ast.Call) else (tree, None)
    found = module
    for part in dotted(name):
        found = getattr(found, part)
    if call is not None:
        arguments = [ast.literal_eval(argument) for argument in call.args]
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        found = found(*arguments, **named)
    if found is None:
        raise ValueError("`%s` is None: it does not name an application" % target)
    if not callable(found):
        raise TypeError("`%s` is a %s, which cannot be called" % (target, type(found).__name__))
    return found


def dotted(node):
    parts = []
    while hasattr(node, "attr"):
        parts.append(node.attr)
        node = node.value
    return [node.id] + parts[::-1]


def main():
    channel = Channel(socket.socket(fileno=os.dup(0)))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    order, given = channel.hear()
    if order is None:
        return 0
    settings = order["Begin"]["settings"]
    stacks, queue, board = given[:3]
    threads = settings["threads"]
    # HUP, USR1 and USR2 are the master's business, and a terminal's signals go to it as well.
    for number in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    faulthandler.enable(file=stacks)
    faulthandler.register(signal.SIGUSR2, file=stacks, all_threads=True)
    worker = Worker(channel, socket.socket(fileno=queue), mmap.mmap(board, threads * PLACE + 1), threads)
    worker.threads = [Thread(worker, place, socket.socket(fileno=slot)) for place, slot in enumerate(given[3:])]
    worker.request_key = "HTTP_" + settings["request_id_header"].upper().replace("-", "_")
    worker.base["SERVER_SOFTWARE"] = os.environ["SERVER_SOFTWARE"]
    worker.base["wsgi.multiprocess"] = settings["workers"] > 1
    signal.signal(signal.SIGTERM, worker.leave)
    try:
        sys.path.insert(0, os.getcwd())
        for folder in reversed(settings["pythonpath"]):
            sys.path.insert(0, os.path.abspath(folder))
        worker.application = load(settings["app"])
    except BaseException:
        channel.say({"Failed": {"message": traceback.format_exc().rstrip(), "exit": APP_FAILED}})
        return APP_FAILED
    channel.say("Ready")
    others = [threading.Thread(target=one.run, name="worker-%d" % n) for n, one in enumerate(worker.threads[1:], 1)]
    for other in others:
        other.start()
    worker.threads[0].run()
    for other in others:
        other.join()
    return 0


sys.exit(main())
