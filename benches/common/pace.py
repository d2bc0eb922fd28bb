"""Requests at given moments, whether or not earlier ones are answered; each is timed from the moment when it was due.

So a server that is slow once is not asked less for it: what had to wait counts, too.
"""

import asyncio
import time
from dataclasses import dataclass

from process import Failed


@dataclass(frozen=True)
class Request:
    """`line` is method and path, `body` JSON or nothing; `answer` is the body that must come, None if any may."""

    line: str
    body: bytes = b""
    answer: bytes | None = None

    def bytes(self):
        about = f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n" if self.body else ""
        return f"{self.line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{about}\r\n".encode() + self.body


async def exchange(reader, writer, request):
    """One request on an open connection."""
    writer.write(request.bytes())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    body = await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
    if head.split(b" ")[1] != b"200" or request.answer not in (None, body):
        raise Failed(f"{request.line} is answered with {head!r} {body[:40]!r}")


async def connection(port, waiting, taken):
    """Asks what is `waiting` over one connection; puts requests and times into `taken`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while item := await waiting.get():
        due, request = item
        await exchange(reader, writer, request)
        taken.append((request, (time.perf_counter() - due) * 1000))
    writer.close()


async def ask_all(port, arrivals, connections):
    waiting, taken = asyncio.Queue(), []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(connection(port, waiting, taken))
        begin = time.perf_counter()
        for at, request in arrivals:
            await asyncio.sleep(max(begin + at - time.perf_counter(), 0))
            waiting.put_nowait((begin + at, request))
        for _ in range(connections):
            waiting.put_nowait(None)
    return taken


def times_ms(server, arrivals, connections):
    """Requests and how long each took. `arrivals` are seconds from the start and a request, in their order."""
    try:
        return asyncio.run(ask_all(server.port, arrivals, connections))
    except* (OSError, EOFError, Failed) as errors:
        raise Failed(server.complaint(repr(errors.exceptions[0]))) from None
