"""What this process is to be: a worker, where workers are forked from, what calls the server's hooks, or a trial."""

import os
import sys


def server(channel, settings, pid):
    """Calls the hooks of the master when it says so; each order is answered once."""
    hooks, failed = None, None
    order = {"Begin": {"settings": settings}}
    while order is not None:
        try:
            if "Begin" in order:
                settings = order["Begin"]["settings"]
                hooks, known = Hooks(settings), Server(settings, pid)
            else:
                call(hooks, known, order["Call"])
            failed = None
        except Failure as failure:
            failed = failure.message
        channel.say({"Called": {"failed": failed}})
        order = next_of(channel)
    return 0


def next_of(channel):
    """The next order that is for who calls hooks."""
    while True:
        order, given = channel.hear()
        for descriptor in given:
            os.close(descriptor)
        if order is None or (isinstance(order, dict) and ("Begin" in order or "Call" in order)):
            return order


def call(hooks, known, order):
    arguments = [known]
    if order["count"]:
        known.num_workers = order["count"][0]
        arguments += order["count"]
    if order["worker"]:
        arguments.append(Hand(known, *order["worker"]))
    hooks.call(order["hook"], *arguments)


def trial(channel, settings):
    """Loads the application, and that is all."""
    # What it prints must not mix with an answer of ours.
    os.dup2(2, 1)
    find_modules(settings)
    load(settings)
    channel.say("Ready")
    return 0


def live(role, channel, settings, pid, given):
    if role == "server":
        return server(channel, settings, pid)
    if role == "trial":
        return trial(channel, settings)
    if role == "zygote":
        return Zygote(channel, settings, Server(settings, pid)).live()
    return Worker(channel, settings, Server(settings, pid), Hooks(dict(settings, hooks=[]))).live(given)


def main():
    role, pid = sys.argv[1], int(sys.argv[3])
    sys.argv[:] = ["appserver"] + sys.argv[4:]
    channel = begin()
    order, given = channel.hear()
    if order is None:
        sys.exit(0)
    settings = order["Begin"]["settings"]
    Journal(channel, settings["loglevel"])
    if settings["capture_output"] and role in ("server", "zygote"):
        capture(given.pop(0))
    try:
        status = live(role, channel, settings, pid, given)
    except Failure as failure:
        channel.say(failure.report())
        status = failure.status
    sys.exit(status)
