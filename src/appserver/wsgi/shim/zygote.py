"""The process that workers are forked from: it has run the configuration, and imported the application if that is wanted.

The fork is Python's own, so that whoever wants to know of it does. It is done twice: the worker is no child of ours but the
master's, who takes over the orphans below it.
"""

import gc
import os
import random
import socket
import struct
import threading
import time

PID = struct.Struct("<i")


class Zygote:
    """`hooks` and the application, run and loaded once for all workers."""

    def __init__(self, channel, settings, server):
        self.channel = channel
        self.settings = settings
        self.server = server
        self.hooks = Hooks(settings)
        self.application = None
        self.threads = set()
        if settings["preload_app"]:
            find_modules(settings)
            self.application = load(settings)
            gc.collect()
            if hasattr(gc, "freeze"):
                # What lives now is not looked at again, so that its memory stays shared.
                gc.freeze()

    def live(self):
        """Forks as it is told; returns the status to exit with, in every process that comes of it."""
        self.channel.say("Ready")
        while True:
            order, given = self.channel.hear()
            if order is None:
                return 0
            if isinstance(order, dict) and "Fork" in order:
                self.look_for_threads()
                worker = self.worker(order["Fork"])
                if self.fork(order["Fork"]["worker"], given):
                    return self.begin(worker, given)
            for descriptor in given:
                os.close(descriptor)

    def worker(self, order):
        worker = Worker(self.channel, self.settings, self.server, self.hooks)
        worker.application = self.application
        worker.hand.age = order["age"]
        self.hooks.call("pre_fork", self.server, worker.hand)
        return worker

    def fork(self, number, given):
        """Whether this is the new process."""
        read, write = os.pipe()
        between = os.fork()
        if between == 0:
            os.close(read)
            between = os.getpid()
            pid = os.fork()
            if pid == 0:
                os.close(write)
                while os.getppid() == between:
                    time.sleep(0.001)
                return True
            os.write(write, PID.pack(pid))
            os._exit(0)
        os.close(write)
        told = os.read(read, PID.size)
        os.close(read)
        os.waitpid(between, 0)
        if len(told) < PID.size:
            raise Failure("a worker could not be forked", BOOT_FAILED)
        self.channel.say({"Forked": {"worker": number, "pid": PID.unpack(told)[0]}})
        return False

    def begin(self, worker, given):
        os.setpgid(0, 0)
        rename()
        # The same numbers in all workers would be no random ones; Python itself sees to that from 3.7 on.
        random.seed()
        self.channel.stream.close()
        channel = Channel(socket.socket(fileno=given.pop(0)))
        Journal(channel, self.settings["loglevel"])
        worker.channel = channel
        return worker.live(given)

    def look_for_threads(self):
        """Threads do not come along, and what they have locked stays locked: tells of each once."""
        threads = {thread for thread in threading.enumerate() if thread is not threading.current_thread()}
        for thread in threads - self.threads:
            text = "The thread `%s` runs where workers are forked from: they have none of it, and find locked what it holds"
            self.channel.log("Warning", text % thread.name)
        self.threads |= threads


def rename():
    """Has `ps` show a worker: the word that this process was started with lies in our memory, and is as long as the new one."""
    try:
        with open("/proc/self/stat", "rb") as stat:
            start, end = map(int, stat.read().rpartition(b")")[2].split()[45:47])
        with open("/proc/self/mem", "r+b", 0) as memory:
            memory.seek(start)
            word = memory.read(end - start).index(b"\0zygote\0--of\0") + 1
            memory.seek(start + word)
            memory.write(b"worker")
    except (OSError, ValueError):
        # Somewhere this is not allowed.
        pass
