"""A worker: loads the application, serves with its threads, and leaves."""

import atexit
import faulthandler
import gc
import mmap
import os
import signal
import socket
import sys
import threading


class Hooked(Thread):
    """A thread whose requests are told to hooks."""

    def call(self, answer, environ):
        hooks, hand = self.worker.hooks, self.worker.hand
        hand.nr += 1
        asked = Asked(environ)
        try:
            hooks.call("pre_request", hand, asked)
            Thread.call(self, answer, environ)
        finally:
            hooks.try_to_call(
                "post_request", self.worker.channel, hand, asked, environ, Answered(asked, answer)
            )


def yield_to_front():
    """Lets the front finish what it does when it wakes us: on one processor both would take it from each other all the time."""
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    except (AttributeError, OSError):
        # Not everybody may, and not every system can; it costs speed only.
        pass


def keep_what_is_loaded():
    """Spares the collector what stays anyway: it would look through all modules again and again."""
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()


class Worker:
    """What all threads share. `given`: where stacks are shown, the queue, the board, where output goes if that is
    captured, a slot a thread."""

    def __init__(self, channel, settings, server, hooks):
        self.channel = channel
        self.settings = settings
        self.server = server
        self.hooks = hooks
        self.hand = Hand(server, 0)
        self.application = None
        self.threads = []
        self.leaves = False
        self.is_over = False

    def live(self, given):
        """The whole life; returns the status to exit with."""
        try:
            self.take(given)
            self.hand.pid = os.getpid()
            self.hooks.call("post_fork", self.server, self.hand)
            if self.application is None:
                find_modules(self.settings)
                self.application = load(self.settings)
            self.hand.wsgi = self.application
            self.hooks.call("post_worker_init", self.hand)
        except Failure as failure:
            self.channel.say(failure.report())
            return failure.status
        self.hand.booted = True
        keep_what_is_loaded()
        self.channel.say("Ready")
        if self.settings["reload"]:
            Watch(self.channel, self.settings).start()
        self.serve()
        self.say_goodbye()
        return 0

    def take(self, given):
        stacks, queue, board = given[:3]
        slots = given[3:]
        if self.settings["capture_output"]:
            capture(slots.pop(0))
        self.queue = socket.socket(fileno=queue)
        self.places = len(slots)
        # What an application reads as the name of a request.
        self.request_key = "HTTP_" + self.settings["request_id_header"].upper().replace("-", "_")
        self.board = mmap.mmap(board, self.places * PLACE + NUMBER.size + 1)
        self.base = {
            "wsgi.version": (1, 0),
            "wsgi.errors": Errors(self.channel),
            "wsgi.multithread": self.places > 1,
            "wsgi.multiprocess": self.settings["workers"] > 1,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": File,
            "wsgi.input_terminated": True,
            "SERVER_SOFTWARE": os.environ["SERVER_SOFTWARE"],
        }
        kind = Hooked if self.hooks.has("pre_request", "post_request") else Thread
        self.threads = [kind(self, place, socket.socket(fileno=slot)) for place, slot in enumerate(slots)]
        self.heed_signals(stacks)
        yield_to_front()

    def heed_signals(self, stacks):
        # HUP, USR1 and USR2 are the master's business, and a terminal's signals go to it as well.
        for number in (signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        faulthandler.enable(file=stacks)
        faulthandler.register(signal.SIGUSR2, file=stacks, all_threads=True)
        signal.signal(signal.SIGTERM, self.leave)
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self.quit)
        if self.hooks.has("worker_abort"):
            signal.signal(signal.SIGABRT, self.abort)

    def serve(self):
        others = [threading.Thread(target=one.run, name="worker-%d" % n) for n, one in enumerate(self.threads[1:], 1)]
        for other in others:
            other.start()
        self.threads[0].run()
        for other in others:
            other.join()

    def is_leaving(self):
        return self.leaves or self.board[self.places * PLACE + NUMBER.size] != 0

    def leave(self, *_):
        """Takes no further request; also a signal handler. A thread that waits is woken by the end of what it can read."""
        self.leaves = True
        self.hand.alive = False
        for thread in self.threads:
            thread.stop_waiting()

    def quit(self, *_):
        """Goes at once, whatever is in progress."""
        self.hand.alive = False
        self.hooks.try_to_call("worker_int", self.channel, self.hand)
        self.end(0)

    def abort(self, *_):
        """A request took too long. What other threads work on is finished."""
        self.hand.alive, self.hand.aborted = False, True
        self.hooks.try_to_call("worker_abort", self.channel, self.hand)
        if self.places == 1:
            self.end(1)

    def say_goodbye(self):
        if not self.is_over:
            self.is_over = True
            self.hooks.try_to_call("worker_exit", self.channel, self.server, self.hand)

    def end(self, status):
        """Ends the process from within a signal handler: nothing that is in progress may catch it."""
        self.say_goodbye()
        try:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
