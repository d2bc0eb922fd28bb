"""States and their cities, read from a file"""
import json
import os


class FileStorage:
    """Knows all states"""
    __file_path = os.path.join(os.path.dirname(__file__), "file.json")

    def __init__(self):
        """Begins empty"""
        self.__objects = {}

    def all(self):
        """All states, by name"""
        return sorted(self.__objects.values(), key=lambda state: state["name"])

    def get(self, state_id):
        """One state, or None"""
        return self.__objects.get(state_id)

    def reload(self):
        """Reads the file"""
        with open(self.__file_path, encoding="utf-8") as file:
            self.__objects = json.load(file)

    def close(self):
        """Reads what may have changed"""
        self.reload()
