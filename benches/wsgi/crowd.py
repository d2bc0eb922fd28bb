"""Many clients that do little, as a program of its own: it prints `ready`, and goes on until it is ended.

    python crowd.py idle PORT COUNT      each connection got one answer and then keeps silent; its end is an error
    python crowd.py trickle PORT COUNT   each sends a byte of a request a second, and comes back when it is thrown out
"""

import resource
import selectors
import socket
import sys
import time

from ask import FLASK_VIEW

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ENDLESS = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"x" * 4096
WANTED_FILES = 12_000


def raise_open_files():
    """So many connections need so many descriptors, here and in the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= WANTED_FILES or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY:
        hard = max(hard, WANTED_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (WANTED_FILES, hard))


def dial(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def ask(client):
    client.sendall(REQUEST)
    got = b""
    while not got.endswith(FLASK_VIEW.answer):
        part = client.recv(4096)
        got += part
        if not part or not got.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"an idle client is answered with {got!r}")


def idle(port, count):
    watched = selectors.DefaultSelector()
    for _ in range(count):
        client = dial(port)
        ask(client)
        watched.register(client, selectors.EVENT_READ)
    print("ready", flush=True)
    watched.select()
    sys.exit("the server closed an idle connection, or sent something unasked")


def step(client, sent, port):
    """One more byte; a new client, at its first byte, when the old one was thrown out."""
    try:
        client.send(ENDLESS[sent : sent + 1])
        return client, sent + 1
    except OSError:
        client.close()
        return dial(port), 0


def trickle(port, count):
    """The bytes are spread evenly over each second."""
    clients = [(dial(port), 0) for _ in range(count)]
    print("ready", flush=True)
    at = time.monotonic()
    while True:
        for number, (client, sent) in enumerate(clients):
            if number % 10 == 0:
                at += 10 / count
                time.sleep(max(at - time.monotonic(), 0))
            clients[number] = step(client, sent, port)


if __name__ == "__main__":
    raise_open_files()
    {"idle": idle, "trickle": trickle}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
