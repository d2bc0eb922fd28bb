"""The functions of a Python configuration that are called at moments of the server's life, and what they are called with."""

import importlib
import inspect
import sys
import types


class Config:
    """`server.cfg` and `worker.cfg`: every setting by its name."""

    def __init__(self, settings):
        self.__dict__.update(settings)
        self.address = [address(bind) for bind in settings["bind"]]
        self.env = dict(pair.split("=", 1) for pair in settings["raw_env"])


def address(bind):
    """What is bound to, as Gunicorn has it: a pair, or the path of a socket."""
    if bind.startswith("unix:"):
        return bind[5:]
    host, _, port = bind.rpartition(":")
    return (host.strip("[]"), int(port)) if port.isdigit() else bind


class Server:
    """`server`: the master, as hooks know it."""

    def __init__(self, settings, pid):
        self.cfg = Config(settings)
        self.log = Log()
        self.pid = pid
        self.address = self.cfg.address
        self.num_workers = settings["workers"]
        self.timeout = settings["timeout"]
        self.proc_name = settings["proc_name"] or settings["app"]
        self.master_name = "Master"


class Hand:
    """`worker`: a worker, as hooks know it."""

    def __init__(self, server, age, pid=None):
        self.age = age
        self.pid = pid
        self.ppid = server.pid
        self.cfg = server.cfg
        self.log = server.log
        self.timeout = server.timeout
        self.alive = True
        self.booted = False
        self.aborted = False
        self.nr = 0
        self.wsgi = None

    def __str__(self):
        return "<Worker %s>" % self.pid


class Asked:
    """`req`: a request, as hooks know it."""

    def __init__(self, environ):
        self.method = environ["REQUEST_METHOD"]
        self.uri = environ["RAW_URI"]
        self.path, _, self.query = self.uri.partition("?")
        self.scheme = environ["wsgi.url_scheme"]
        self.version = tuple(int(part) for part in environ["SERVER_PROTOCOL"][5:].split("."))
        self.remote_addr = environ.get("REMOTE_ADDR", ""), environ.get("REMOTE_PORT", "")
        self.body = environ["wsgi.input"]
        self.headers = [(name[5:].replace("_", "-"), environ[name]) for name in environ if name[:5] == "HTTP_"]
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if name in environ:
                self.headers.append((name.replace("_", "-"), environ[name]))


class Answered:
    """`resp`: what the application answered, as hooks know it; all is none if it did not."""

    def __init__(self, asked, answer):
        self.req = asked
        self.status, self.headers = answer.head or (None, [])
        self.status_code = int(self.status[:3]) if self.status else None
        self.headers_sent = answer.is_sent


class Hooks:
    """The functions that a configuration defines."""

    def __init__(self, settings):
        self.functions = {}
        if settings["hooks"]:
            try:
                found = vars(evaluated(settings["config"]))
                self.functions = {name: function(found[name]) for name in settings["hooks"] if name in found}
            except BaseException as wrong:
                raise Failure("cannot run the configuration: %s" % told(wrong), BOOT_FAILED) from None
        if "post_request" in self.functions:
            self.functions["post_request"] = patient(self.functions["post_request"])

    def has(self, *names):
        return any(name in self.functions for name in names)

    def call(self, name, *arguments):
        """Calls a hook if there is one. Failures tell what it raised."""
        if name in self.functions:
            try:
                self.functions[name](*arguments)
            except BaseException as wrong:
                raise Failure("the hook `%s` failed\n%s" % (name, told(wrong)), BOOT_FAILED) from None

    def try_to_call(self, name, channel, *arguments):
        """The same where nothing is left that could be stopped: a failure goes to the error log."""
        try:
            self.call(name, *arguments)
        except Failure as failure:
            channel.log("Error", "T" + failure.message[1:])


def evaluated(config):
    """The module of the configuration: run anew if it is a file."""
    if "Module" in config:
        known = sys.modules.get(config["Module"])
        return importlib.reload(known) if known else importlib.import_module(config["Module"])
    path = config["Python"]
    with open(path, "rb") as file:
        source = file.read()
    module = types.ModuleType("__config__")
    module.__file__ = path
    sys.modules["__config__"] = module
    exec(compile(source, path, "exec"), module.__dict__)
    return module


def function(value):
    """A hook, which may be the name of a function, with dots."""
    if not isinstance(value, str):
        return value
    module, _, name = value.rpartition(".")
    return getattr(importlib.import_module(module), name)


def patient(hook):
    """`post_request` takes two, three or four arguments."""
    parameters = inspect.signature(hook).parameters.values()
    if any(parameter.kind == parameter.VAR_POSITIONAL for parameter in parameters):
        return hook
    count = sum(parameter.default is parameter.empty for parameter in parameters)
    return lambda *arguments: hook(*arguments[: max(2, min(count, 4))])
