"""An application that notes its import and its calls among those of the hooks."""
import os
import time

from hook_conf import note

note(os.getpid(), "import")


def app(environ, start_response):
    note(os.getpid(), "app")
    if environ["PATH_INFO"] == "/stuck":
        time.sleep(60)
    start_response("201 Created", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"done"]
