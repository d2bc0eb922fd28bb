"""The worker of a Python application: takes whole requests from the queue, calls the application, sends the answers back.

Everything here also runs on Python 3.5. What comes and goes:

- the channel: frames of the master (see channel.rs): length and count of descriptors, then JSON.
- the queue: one packet a request, shared by all workers, so that whoever is free takes the next:
  number (u64), length of the environ (u32), kind of the body (u8), environ (marshal), body.
- a slot: one stream a thread. One byte comes, from when on the thread takes requests; then it is for answers: length (u32), kind (u8), number of the request (u64), content. A head is a text:
  status, name, value, name, value ..., a line each; its frame has the length of the body before it (u64, all ones if unknown).
  An answer in one frame has the length of the head (u32), the head, the body. Who waits for answers is told by a ring: a packet
  into the queue, the other way: process (u32), thread (u32). Who has a long body of a known length asks for the client's
  socket: with the length of the head (u32) and the head comes its descriptor, or a length of zero. What the socket takes at
  once is written to it; how much it was (u64) is told, and the rest follows in frames.
- the board: 16 bytes a thread: number of the request in work (u64), number of a request nobody waits for (u64),
  then the number up to which requests are refused (u64), and one byte that says: leave.

This part: what master and worker say to each other.
"""

import array
import json
import logging
import os
import socket
import struct
import sys
import threading

# The master takes frames of 1 MiB, and a letter may become six in JSON.
LONGEST_TEXT = 150 * 1000
LEVELS = ["Debug", "Info", "Warning", "Error", "Critical"]


class Channel:
    """What master and worker say to each other."""

    def __init__(self, stream):
        self.stream = stream
        # A signal's handler may log while its thread does.
        self.lock = threading.RLock()
        self.about = threading.local()
        self.bytes = b""
        self.descriptors = []

    def say(self, report):
        body = json.dumps(report).encode()
        with self.lock:
            self.stream.sendall(struct.pack("<II", len(body), 0) + body)

    def log(self, level, text):
        # With the name of the request that this thread is at, if that has one.
        request = getattr(self.about, "request", None)
        if request:
            text = "[%s] %s" % (request, text)
        if len(text) > LONGEST_TEXT:
            text = "%s\n[%d letters more]" % (text[:LONGEST_TEXT], len(text) - LONGEST_TEXT)
        text = text.encode("utf-8", "backslashreplace").decode()
        try:
            self.say({"Log": {"level": level, "message": text}})
        except OSError:
            # The master is gone, and so is its log.
            pass

    def hear(self):
        """The next frame and its descriptors; none when the master is gone."""
        while True:
            if len(self.bytes) >= 8:
                length, count = struct.unpack_from("<II", self.bytes)
                if len(self.bytes) >= 8 + length:
                    body, self.bytes = self.bytes[8 : 8 + length], self.bytes[8 + length :]
                    given, self.descriptors = self.descriptors[:count], self.descriptors[count:]
                    return json.loads(body.decode()), given
            data, messages, _, _ = self.stream.recvmsg(65536, socket.CMSG_SPACE(4 * 253), socket.MSG_CMSG_CLOEXEC)
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

    def write(self, text):
        lines = (getattr(self.part, "text", "") + text).split("\n")
        self.part.text = lines.pop()
        if lines:
            self.channel.log("Error", "\n".join(lines))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        text = getattr(self.part, "text", "")
        if text:
            self.part.text = ""
            self.channel.log("Error", text)


class Journal(logging.Handler):
    """Takes what is logged to `gunicorn.error`, as applications and hooks do, to the error log."""

    def __init__(self, channel, level):
        logging.Handler.__init__(self)
        self.channel = channel
        self.setFormatter(logging.Formatter("%(message)s"))
        logger = logging.getLogger("gunicorn.error")
        logger.handlers = [self]
        logger.propagate = False
        logger.setLevel(level.upper())

    def emit(self, record):
        try:
            self.channel.log(LEVELS[max(0, min(record.levelno // 10 - 1, 4))], self.format(record))
        except Exception:
            self.handleError(record)


class Log:
    """`server.log` and `worker.log`: the methods of a logger."""

    def __init__(self):
        self.error_log = logging.getLogger("gunicorn.error")
        self.access_log = logging.getLogger("gunicorn.access")

    def __getattr__(self, name):
        return getattr(self.error_log, name)


def begin():
    """The channel to the master, which is standard input until now; output goes line by line where Python can."""
    channel = Channel(socket.socket(fileno=os.dup(0)))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    by_lines()
    return channel


def capture(output):
    """Has what is printed go there."""
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)


def by_lines():
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
