"""Every server hook notes its call in the file `notes` of $TRAP_DIR: who (the master, or a worker by its pid), what."""
import os


def note(who, *words):
    with open(os.path.join(os.environ["TRAP_DIR"], "notes"), "a") as notes:
        notes.write(" ".join(map(str, (who,) + words)) + "\n")


def on_starting(server):
    note("master", "on_starting")


def nworkers_changed(server, new_value, old_value):
    note("master", "nworkers_changed", new_value, old_value)


def when_ready(server):
    note("master", "when_ready")
    server.log.info("hook: ready, %s workers", server.cfg.workers)


def on_reload(server):
    note("master", "on_reload")


def pre_fork(server, worker):
    note("master", "pre_fork")


def post_fork(server, worker):
    note(worker.pid, "post_fork", worker.pid == os.getpid())
    server.log.info("hook: spawned %s", worker.pid)


def post_worker_init(worker):
    note(worker.pid, "post_worker_init")


def pre_request(worker, req):
    note(worker.pid, "pre_request", req.method, req.path, req.query, req.uri)
    worker.log.debug("%s %s", req.method, req.path)


def post_request(worker, req, environ, resp):
    note(worker.pid, "post_request", req.method, req.path, environ["PATH_INFO"], resp.status)


def worker_int(worker):
    note(worker.pid, "worker_int")


def worker_abort(worker):
    note(worker.pid, "worker_abort")


def worker_exit(server, worker):
    note(worker.pid, "worker_exit")


def child_exit(server, worker):
    note("master", "child_exit", worker.pid)


def pre_exec(server):
    note("master", "pre_exec")


def on_exit(server):
    note("master", "on_exit")
