"""A thread that serves: from a packet of the queue to the last frame of its answer."""

import array
import io
import marshal
import os
import select
import socket
import struct
import traceback

NO_BODY, INLINE, IN_FILE = range(3)
# What follows a packet's number: the length of the environ, the kind of the body.
PACKET = struct.Struct("<IB")
PACKET_HEAD = PACKET.size
PLACE = 16
RING = struct.Struct("<II")
# How many bytes of answers may lie in a slot without the front being told.
QUIET_BYTES = 64 * 1024
# The largest packet: head, environ and inline body, with room to spare.
PACKET_BYTES = 256 * 1024
# Half a page. The kernel's copy begins at the beginning of a page, and a processor that copies to the same place in another
# page waits as if it read what it has just written: 10 KB took four times as long.
SKEW = 2048
DESCRIPTOR_BYTES = socket.CMSG_SPACE(4)
HEAD_LENGTH = struct.Struct("<I")
# As it is before an application has it replaced.
Socket = socket.socket


class Thread:
    """A thread that serves, with its slot and its place on the board."""

    def __init__(self, worker, place, slot):
        self.worker = worker
        self.at = place * PLACE
        self.slot = slot
        # Whatever an application that is loaded already has made usual.
        slot.setblocking(True)
        worker.queue.setblocking(False)
        self.name = RING.pack(os.getpid(), place)
        # Bytes of answers that the front was not told of.
        self.owed = 0
        self.poll = select.poll()
        self.poll.register(worker.queue.fileno(), select.POLLIN)
        self.poll.register(slot.fileno(), select.POLLIN | select.POLLHUP)
        self.view = memoryview(bytearray(SKEW + PACKET_BYTES))[SKEW:]
        # The call that takes a packet puts its number on the board: whenever this process ends, it is known what is lost.
        self.parts = [memoryview(worker.board)[self.at : self.at + NUMBER.size], self.view]

    def is_gone(self, number):
        return NUMBER.unpack_from(self.worker.board, self.at + 8)[0] == number

    def is_cut(self):
        """Whether nobody reads our answers any more. The application may as well have lost a connection of its own."""
        return any(descriptor == self.slot.fileno() and event & select.POLLHUP for descriptor, event in self.poll.poll(0))

    def stop_waiting(self):
        try:
            self.slot.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    def say(self, frames):
        """Sends a whole, short answer. The front looks for it a little later, or is told when there is nothing else to do."""
        self.slot.sendall(frames)
        self.owed += len(frames)
        if self.owed > QUIET_BYTES:
            self.ring()

    def ring(self):
        """Tells the front that something lies in the slot."""
        self.owed = 0
        try:
            self.worker.queue.send(self.name)
        except OSError:
            # So many rings wait there that it looks anyway, or it is gone.
            pass

    def write_to_client(self, number, frames, data, end):
        """Writes as much of a body to the client itself as that takes at once, which saves its way through the front, if that
        lends us the socket. Returns what is left; if nothing is, the front was told the end."""
        try:
            self.slot.sendall(frames + FRAME.pack(0, LEND, number))
            self.ring()
            head, client = self.loan()
            written = 0
            if client is not None:
                with client:
                    written = write_at_once(client, head, data)
            left = data[max(0, written - len(head)) :]
            self.slot.sendall(FRAME.pack(NUMBER.size, WRITTEN, number) + NUMBER.pack(written) + (b"" if left else end))
            return left
        except BaseException:
            # As from an application's handler of a signal. Nobody knows what the client has, and the next answer would find
            # the loan of this one.
            if not self.is_cut():
                traceback.print_exc()
                os._exit(1)
            raise

    def loan(self):
        """The head of the answer and the client's socket; none if it is not lent, or there is no room for a descriptor."""
        length, messages, _, _ = self.slot.recvmsg(HEAD_LENGTH.size, DESCRIPTOR_BYTES, socket.MSG_CMSG_CLOEXEC)
        if len(length) < HEAD_LENGTH.size or length == bytes(HEAD_LENGTH.size):
            return b"", None
        head = self.slot.recv(HEAD_LENGTH.unpack(length)[0], socket.MSG_WAITALL)
        return head, Socket(fileno=descriptor_of(messages)) if messages else None

    def run(self):
        try:
            if self.is_let_in():
                self.serve()
                self.ring()
        except BaseException:
            # Not even a failure could be told, for want of memory as a rule: the end of the process tells it.
            try:
                traceback.print_exc()
            finally:
                os._exit(1)

    def is_let_in(self):
        """Waits until our answers are read: what was taken before would be lost with us. False: nobody can ask any more."""
        poll = select.poll()
        poll.register(self.worker.queue.fileno(), 0)
        poll.register(self.slot.fileno(), select.POLLIN)
        poll.poll()
        try:
            return bool(self.slot.recv(1, socket.MSG_DONTWAIT))
        except OSError:
            return False

    def serve(self):
        """Serves until told to leave, or until nobody can ask any more."""
        queue, poll, place = self.worker.queue, self.poll, self.at
        board, parts = self.worker.board, self.parts
        refused = self.worker.places * PLACE
        flags = socket.MSG_CMSG_CLOEXEC
        while not self.worker.is_leaving():
            try:
                length, messages, _, _ = queue.recvmsg_into(parts, DESCRIPTOR_BYTES, flags)
            except BlockingIOError:
                if self.owed:
                    self.ring()
                ready = poll.poll()
                if any(descriptor == self.slot.fileno() for descriptor, _ in ready):
                    return
                continue
            except InterruptedError:
                continue
            if length == 0:
                return
            (number,) = NUMBER.unpack_from(board, place)
            environ_length, kind = PACKET.unpack_from(self.view)
            try:
                # Its number is on the board by now: whoever refuses it after this look sees that we have it.
                if number <= NUMBER.unpack_from(board, refused)[0]:
                    self.pass_over(number, kind, messages)
                else:
                    self.answer(number, environ_length, kind, length - NUMBER.size, messages)
            except ConnectionError:
                return
            NUMBER.pack_into(board, place, 0)

    def pass_over(self, number, kind, messages):
        """A request that waited too long: its client was told, or is now."""
        if kind == IN_FILE:
            os.close(descriptor_of(messages))
        self.say(FRAME.pack(0, REFUSED, number))

    def answer(self, number, environ_length, kind, length, messages):
        worker = self.worker
        body_at = PACKET_HEAD + environ_length
        environ = marshal.loads(self.view[PACKET_HEAD:body_at])
        environ.update(worker.base)
        if kind == NO_BODY:
            body = io.BytesIO()
        elif kind == INLINE:
            body = io.BytesIO(self.view[body_at:length])
        else:
            body = open(descriptor_of(messages), "rb")
        environ["wsgi.input"] = body
        worker.channel.about.request = environ.get(worker.request_key)
        answer = Answer(self, number)
        environ["wsgi.early_hints"] = answer.early
        try:
            self.call(answer, environ)
        except Gone:
            pass
        except BaseException as wrong:
            if isinstance(wrong, ConnectionError) and self.is_cut():
                raise
            self.failed(answer, environ, wrong)
            # Who had no memory once has none the next time, as a rule: another process has.
            if isinstance(wrong, MemoryError) or not isinstance(wrong, Exception):
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
        if answer.left:
            self.fell_short(answer, environ)

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
        frames = answer.opening() + FRAME.pack(16, FILE, answer.number) + struct.pack("<QQ", at, length)
        frames += FRAME.pack(0, END, answer.number)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        sent = self.slot.sendmsg([frames], rights)
        self.ring()
        answer.is_over = True
        answer.left -= length
        if sent < len(frames):
            self.slot.sendall(frames[sent:])

    def fell_short(self, answer, environ):
        """Tells of an answer with fewer bytes than it announced, if somebody misses them."""
        if environ.get("REQUEST_METHOD") != "HEAD" and answer.head[0][:3] not in ("204", "304"):
            text = "The answer to %s is %d bytes shorter than its Content-Length"
            self.worker.channel.log("Error", text % (subject(environ), answer.left))

    def failed(self, answer, environ, wrong):
        self.worker.channel.log("Error", "Error handling request %s\n%s" % (subject(environ), told(wrong)))
        if not answer.is_over:
            self.slot.sendall(FRAME.pack(0, ABORT, answer.number))
            self.ring()


def subject(environ):
    return "%s %s" % (environ.get("REQUEST_METHOD"), environ.get("RAW_URI"))


def write_at_once(client, head, data):
    """Writes as much as a client's socket takes now; returns how many bytes. Its errors are met by the front."""
    client.setblocking(False)
    head, written = memoryview(head), 0
    try:
        while written < len(head) + len(data):
            parts = [head[written:], data[max(0, written - len(head)) :]]
            written += client.sendmsg(parts, [], socket.MSG_NOSIGNAL)
    except OSError:
        pass
    return written


def descriptor_of(messages):
    for level, kind, content in messages:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            return struct.unpack_from("i", content)[0]
    raise OSError("a request came without its body")
