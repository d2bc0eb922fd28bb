"""Makes one program of its parts, each under a name of its own, so that a traceback shows where it was and what stood there.

Run by appserver (see python.rs), which puts `PARTS`, the names and the texts in order, in front of this.
"""

import linecache

program = {"__name__": "appserver"}
for name, text in PARTS:  # noqa: F821
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), program)
program["main"]()
