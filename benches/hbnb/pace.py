"""Requests at a fixed pace that do not wait for earlier answers; each is timed from the moment when it was due."""

import asyncio
import time

from process import Failed

CONNECTIONS = 8


async def exchange(reader, writer, question):
    """One request on an open connection."""
    body = question.body.encode()
    head = f"POST {question.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if head.split(b" ")[1] != b"200":
        raise Failed(f"{question.title} is answered with {head!r}")
    await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))


async def connection(port, waiting, taken):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while item := await waiting.get():
        due, question = item
        await exchange(reader, writer, question)
        taken.append(time.perf_counter() - due)
    writer.close()


async def ask_all(port, questions, per_second):
    waiting, taken = asyncio.Queue(), []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(connection(port, waiting, taken))
        begin = time.perf_counter()
        for number, question in enumerate(questions):
            due = begin + number / per_second
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            waiting.put_nowait((due, question))
        for _ in range(CONNECTIONS):
            waiting.put_nowait(None)
    return taken


def times_ms(service, questions, per_second):
    """How long each answer took, the shortest first."""
    try:
        taken = asyncio.run(ask_all(service.port, questions, per_second))
    except* (OSError, EOFError, Failed) as errors:
        raise Failed(service.complaint(repr(errors.exceptions[0]))) from None
    return sorted(second * 1000 for second in taken)
