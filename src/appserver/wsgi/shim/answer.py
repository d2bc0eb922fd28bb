"""One answer on its way out, and what `start_response`, `write` and the file wrapper demand of an application."""

import io
import os
import struct

HEAD, DATA, FILE, END, ABORT, EARLY, WHOLE, REFUSED, LEND, WRITTEN = range(10)
FRAME = struct.Struct("<IBQ")
OPENING = struct.Struct("<IBQQ")
WHOLE_HEAD = struct.Struct("<IBQI")
NUMBER = struct.Struct("<Q")
UNKNOWN = 2**64 - 1
# A part of an answer that is longer is sent on its own rather than copied together with others, and in pieces.
COPIED_BYTES = 64 * 1024
PIECE_BYTES = 128 * 1024
# The front takes frames of 1 MiB, and no client takes such a head.
HEAD_BYTES = 256 * 1024


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


class Answer:
    """One answer on its way out: the state behind `start_response`, `write` and the body."""

    __slots__ = ("thread", "number", "head", "packed", "left", "is_sent", "is_over")

    def __init__(self, thread, number):
        self.thread = thread
        self.number = number
        # Status and headers, as the application gave them and as bytes.
        self.head = None
        self.packed = None
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
        if not isinstance(status, str):
            raise TypeError("the status is to be a str, not %s" % type(status).__name__)
        if not status[:3].isdigit() or status[3:4] not in ("", " "):
            raise ValueError("the status is to begin with three digits and a space, and is %r" % status)
        self.packed, self.left = packed(status, headers)
        self.head = (status, headers)
        return self.write

    def write(self, data):
        if not isinstance(data, bytes):
            raise TypeError("a part of the body is to be bytes, not %s" % type(data).__name__)
        if self.head is None:
            raise AssertionError("a part of the body came before start_response was called")
        length = len(data)
        if self.left == length <= COPIED_BYTES and not self.is_sent:
            # The usual answer: all of it in one part, and sent as one.
            self.is_sent = self.is_over = True
            self.left = 0
            head = self.packed
            size = len(head)
            self.thread.say(b"".join((WHOLE_HEAD.pack(4 + size + length, WHOLE, self.number, size), head, data)))
        elif data and not self.is_over:
            self.send(data)

    def send(self, data):
        if self.thread.is_gone(self.number):
            raise Gone()
        is_first, is_announced = not self.is_sent, self.left is not None
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
            if is_first:
                self.thread.ring()
            return
        view = memoryview(data)
        if is_first and is_announced:
            view = self.thread.write_to_client(self.number, frames, view, end)
            frames, is_first = b"", False
            if not view:
                return
        for at in range(0, len(view), PIECE_BYTES):
            piece = view[at : at + PIECE_BYTES]
            self.thread.slot.sendall(frames + FRAME.pack(len(piece), DATA, self.number))
            if is_first:
                # From here on it reads as parts come.
                self.thread.ring()
                is_first = False
            self.thread.slot.sendall(piece)
            frames = b""
        self.thread.slot.sendall(end)

    def opening(self):
        """The head's frame, once."""
        if self.is_sent:
            return b""
        self.is_sent = True
        length = UNKNOWN if self.left is None else self.left
        return OPENING.pack(8 + len(self.packed), HEAD, self.number, length) + self.packed

    def end(self):
        if self.head is None:
            raise AssertionError("the application never called start_response")
        if not self.is_over:
            self.is_over = True
            self.thread.say(self.opening() + FRAME.pack(0, END, self.number))

    def early(self, headers):
        """`wsgi.early_hints`: a 103 ahead of the answer."""
        if not self.is_sent:
            head = NUMBER.pack(0) + packed("103 Early Hints", headers)[0]
            self.thread.slot.sendall(FRAME.pack(len(head), EARLY, self.number) + head)
            self.thread.ring()


def packed(status, headers):
    """Status, names and values as bytes, a line each, and the body's length if a header announces it."""
    if not isinstance(headers, list):
        raise TypeError("the headers are to be a list, not %s" % type(headers).__name__)
    texts, length = [status], None
    for pair in headers:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], str):
            raise TypeError("a header is to be a tuple of two str, and is %r" % (pair,))
        texts += pair
        name, value = pair
        if len(name) == 14 and name.lower() == "content-length" and value.isdigit():
            length = int(value)
    head = "\n".join(texts)
    if head.count("\n") != len(texts) - 1:
        raise ValueError("status and headers are to have no line breaks: %r" % (texts,))
    if len(head) > HEAD_BYTES:
        raise ValueError("status and headers have %d bytes, and may have %d" % (len(head), HEAD_BYTES))
    return head.encode("latin-1"), length
