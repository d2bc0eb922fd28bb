"""Noticing that the application's code changed."""

import glob
import os
import sys
import threading
import time

EVERY_SECONDS = 1


class Watch(threading.Thread):
    """Looks at the files of all modules, at those beside the application's own, and at what else is to be watched."""

    def __init__(self, channel, settings):
        threading.Thread.__init__(self, name="watch", daemon=True)
        self.channel = channel
        self.extra = settings["reload_extra_files"]
        self.home = os.path.join(os.getcwd(), "")
        self.known = self.look()

    def run(self):
        while True:
            time.sleep(EVERY_SECONDS)
            found = self.look()
            changed = sorted(path for path in found if self.known.get(path, found[path]) != found[path])
            self.known.update(found)
            if changed:
                report = {"file": changed[0], "stamp": max(found[path] for path in changed)}
                self.channel.say({"Changed": report})

    def look(self):
        """When each file was written last."""
        found = {}
        for path in self.paths():
            try:
                found[path] = os.stat(path).st_mtime_ns
            except OSError:
                pass
        return found

    def paths(self):
        modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        paths = {path[:-1] if path.endswith((".pyc", ".pyo")) else path for path in modules if isinstance(path, str)}
        # A module that an edit adds is not imported yet, and may be the one that is broken.
        folders = {os.path.dirname(path) for path in paths if path.startswith(self.home)}
        for pattern in [os.path.join(folder, "*.py") for folder in folders] + self.extra:
            paths.update(glob.glob(pattern))
        return paths
