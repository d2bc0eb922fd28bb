"""Runs a configuration written in Python and tells its settings, as one line of JSON.

Arguments: "file" or "module", the path or the module's name, and what is known, a JSON object: a list of names,
"settings", and by the name of each of "hooks" what it is called with. The answer is {"settings", "hooks", "unfit_hooks",
"unknown", "places", "file"} or {"failed", "line", "traceback", "file"}. Whatever the configuration prints goes to standard
error. Any Python from 3.5 on runs this file, and 2.7 reads it far enough to say that it is too old.
"""
import ast
import importlib
import inspect
import json
import os
import sys
import traceback
import types

LAST_LINES = 12


def plain(value):
    """The value in the types that JSON has."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, (list, tuple, types.GeneratorType, range)):
        return [plain(item) for item in value]
    if inspect.isclass(value) or inspect.isroutine(value):
        return "%s.%s" % (value.__module__, value.__qualname__)
    return str(value)


def is_hook(value):
    return callable(value) or (isinstance(value, str) and value != "")


def fits(hook, arguments):
    """Whether a function can be called with so many arguments. `post_request` need not take the last two."""
    try:
        signature = inspect.signature(hook)
    except (TypeError, ValueError):
        return True
    fewest = 2 if len(arguments) == 4 else len(arguments)
    for count in range(fewest, len(arguments) + 1):
        try:
            signature.bind(*arguments[:count])
            return True
        except TypeError:
            pass
    return False


def unfit(value, arguments):
    """What is wrong with a hook, if anything is."""
    if not is_hook(value):
        return "is no function"
    if callable(value) and arguments and not fits(value, arguments.split(", ")):
        return "does not take what it is called with: " + arguments
    return None


def top_level(body):
    """The statements that run when the file is read, those of `if`, `for`, `with` and `try` among them."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for block in ("body", "orelse", "finalbody"):
            for inner in top_level(getattr(statement, block, [])):
                yield inner
        for handler in getattr(statement, "handlers", []):
            for inner in top_level(handler.body):
                yield inner


def names(source, path):
    """Where each name is given its value (line and column, from 1), and which names are used."""
    tree = ast.parse(source, path)
    places = {}
    for statement in top_level(tree.body):
        targets = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif statement.__class__.__name__ in ("AnnAssign", "AugAssign"):
            targets = [statement.target]
        elif isinstance(statement, ast.FunctionDef) and not statement.decorator_list:
            places[statement.name] = [statement.lineno, statement.col_offset + len("def ") + 1]
        for target in targets:
            if isinstance(target, ast.Name):
                places[target.id] = [target.lineno, target.col_offset + 1]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return places, used


def evaluate(kind, target, known):
    if kind == "file":
        with open(target, "rb") as file:
            source = file.read()
        module = types.ModuleType("__config__")
        module.__file__ = path = target
        sys.modules["__config__"] = module
        exec(compile(source, target, "exec"), module.__dict__)
    else:
        module = importlib.import_module(target)
        path = getattr(module, "__file__", None) or ""
        source = b""
        if path.endswith(".py"):
            with open(path, "rb") as file:
                source = file.read()
    places, used = names(source, path)
    found = vars(module)
    settings = {}
    for name in known["settings"]:
        if name in found and not isinstance(found[name], types.ModuleType):
            settings[name] = plain(found[name])
    defined = {name: found[name] for name in known["hooks"] if found.get(name) is not None}
    wrong = [(name, unfit(value, known["hooks"][name])) for name, value in defined.items()]
    unknown = {}
    for name in places:
        is_known = name in known["settings"] or name in known["hooks"]
        if name in found and not is_known and name not in used and not name.startswith("_"):
            value = found[name]
            if not isinstance(value, types.ModuleType) and not inspect.isclass(value):
                unknown[name] = "function" if inspect.isroutine(value) else "value"
    return {
        "settings": settings,
        "hooks": list(defined),
        "unfit_hooks": {name: why for name, why in wrong if why},
        "unknown": unknown,
        "places": places,
        "file": path,
    }


def failure(target):
    """What went wrong, and in which line of the configuration."""
    kind, error, trace = sys.exc_info()
    frames = traceback.extract_tb(trace)
    line = None
    if isinstance(error, SyntaxError) and error.filename == target:
        line = error.lineno
    for frame in frames:
        if frame[0] == target:
            line = frame[1]
    ours = [frame for frame in frames if frame[0] != "<string>" and not frame[0].startswith("<frozen importlib")]
    lines = "".join(traceback.format_list(ours) + traceback.format_exception_only(kind, error)).splitlines()
    said = traceback.format_exception_only(kind, error)[-1].strip()
    return {"failed": said, "line": line, "traceback": "\n".join(lines[-LAST_LINES:]), "file": target}


def origin(module):
    """The file of a module, if it has one."""
    try:
        import importlib.util

        return importlib.util.find_spec(module).origin or ""
    except Exception:
        return ""


def main():
    # What is printed must not mix with the answer, so the answer has a descriptor of its own.
    answer = os.dup(1)
    os.dup2(2, 1)
    kind, target, known = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    sys.argv = ["appserver"]
    if sys.version_info < (3, 5):
        said = {"failed": "Python %s is too old, it takes 3.5 or newer" % sys.version.split()[0], "file": ""}
    else:
        sys.path[:] = [os.getcwd()] + [path for path in sys.path if path not in ("", os.getcwd())]
        try:
            said = evaluate(kind, target, known)
        except BaseException:
            said = failure(target if kind == "file" else origin(target))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    text = json.dumps(said).encode("ascii")
    while text:
        text = text[os.write(answer, text):]
    # Threads and clean-ups of the configuration must not keep it from ending.
    os._exit(0)


main()
