"""Finding the application, and telling why there is none."""

import ast
import difflib
import importlib
import inspect
import os
import sys
import traceback

BOOT_FAILED, APP_FAILED = 3, 4
MOST_CANDIDATES = 10


class Failure(Exception):
    """Why this process cannot do its work: what to tell, and the status to exit with."""

    def __init__(self, message, status):
        Exception.__init__(self, message)
        self.message = message
        self.status = status

    def report(self):
        return {"Failed": {"message": self.message, "exit": self.status}}


def find_modules(settings):
    """Has modules looked for in the folder we work in first, and in `pythonpath` before it."""
    sys.path[:] = [os.getcwd()] + [path for path in sys.path if path not in ("", os.getcwd())]
    for folder in reversed(settings["pythonpath"]):
        sys.path.insert(0, os.path.abspath(folder))


def load(settings):
    """The application of the settings. Failures say why there is none."""
    name = settings["paste"] or settings["app"]
    try:
        return of_paste(settings) if settings["paste"] else of_module(settings["app"])
    except Failure:
        raise
    except SystemExit as wrong:
        raise broken(name, "it called sys.exit(%r)" % (wrong.code,), told(wrong)) from None
    except BaseException as wrong:
        said = traceback.format_exception_only(type(wrong), wrong)[-1].strip()
        raise broken(name, said, told(wrong)) from None


def broken(name, said, trace):
    """The failure of an application that raised; `trace` says no more than `said` if nothing was its own."""
    text = "cannot load `%s`: %s" % (name, said)
    return Failure(text if trace == said else "%s\n%s" % (text, trace), APP_FAILED)


def of_module(target):
    """The application that MODULE[:EXPR] names."""
    module_name, _, expression = target.partition(":")
    expression = expression or "application"
    module = imported(module_name, target)
    tree = ast.parse(expression.strip(), mode="eval").body
    name, call = (tree.func, tree) if isinstance(tree, ast.Call) else (tree, None)
    found, path = module, module_name
    for part in dotted(name):
        if not hasattr(found, part):
            raise Failure("cannot load `%s`: %s" % (target, without(found, path, part)), APP_FAILED)
        found, path = getattr(found, part), "%s.%s" % (path, part)
    if call is not None:
        if not callable(found):
            raise unfit(target, found, "it is called")
        arguments = [ast.literal_eval(argument) for argument in call.args]
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        found = found(*arguments, **named)
        if not callable(found):
            raise unfit(target, found, "the call returned it")
    if not callable(found):
        raise unfit(target, found, "an application is called for every request")
    return found


def unfit(target, found, why):
    shown = "None" if found is None else "of type `%s`" % type(found).__name__
    return Failure("cannot load `%s`: what it names is %s and cannot be called; %s" % (target, shown, why), APP_FAILED)


def imported(name, target):
    try:
        return importlib.import_module(name)
    except ImportError as wrong:
        missing = getattr(wrong, "name", None)
        if missing is None or not (name + ".").startswith(missing + "."):
            raise
        text = "cannot load `%s`: there is no module `%s`, looked for from `%s` on" % (target, missing, sys.path[0])
        if "." not in missing:
            beside = {entry.partition(".")[0] for entry in os.listdir(sys.path[0]) if is_module(entry)}
            close = difflib.get_close_matches(missing, sorted(beside), 1)
            if close:
                text += "; did you mean `%s`?" % target.replace(missing, close[0], 1)
        raise Failure(text, APP_FAILED) from None


def is_module(entry):
    return entry.endswith(".py") or os.path.isfile(os.path.join(sys.path[0], entry, "__init__.py"))


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id] + parts[::-1]


def without(found, path, part):
    """That a name is missing, and what could have been meant."""
    own = getattr(found, "__name__", None)
    candidates = []
    for name, value in sorted(vars(found).items() if hasattr(found, "__dict__") else []):
        is_elsewhere = (inspect.isclass(value) or inspect.isroutine(value)) and value.__module__ != own
        if callable(value) and not name.startswith("_") and not is_elsewhere:
            candidates.append("`%s`" % name)
    text = "`%s` has no `%s`" % (path, part)
    if candidates:
        text += "; what can be called there: " + ", ".join(candidates[:MOST_CANDIDATES])
    return text


def of_paste(settings):
    """The application of a PasteDeploy file, which may say how to log as well."""
    try:
        from paste.deploy import loadapp
    except ImportError:
        text = "cannot load `%s`: this Python has no PasteDeploy (`pip install PasteDeploy`)"
        raise Failure(text % settings["paste"], APP_FAILED) from None
    path, _, name = settings["paste"].partition("#")
    path = os.path.abspath(path)
    given = dict(pair.split("=", 1) for pair in settings["raw_paste_global_conf"])
    if is_about_logging(path):
        import logging.config

        defaults = dict(given, here=os.path.dirname(path), __file__=path)
        logging.config.fileConfig(path, defaults, disable_existing_loggers=False)
    return loadapp("config:" + path, name=name or None, global_conf=given)


def is_about_logging(path):
    with open(path) as file:
        return any(line.strip() == "[loggers]" for line in file)


def told(wrong):
    """The traceback of an error, from where it is no longer ours or the import's."""
    trace = wrong.__traceback__
    while trace is not None and is_ours(trace.tb_frame):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(wrong), wrong, trace)).rstrip()


def is_ours(frame):
    name = frame.f_code.co_filename
    return frame.f_globals is globals() or name.startswith("<frozen importlib") or name == importlib.__file__
