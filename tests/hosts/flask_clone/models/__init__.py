"""The storage of the project"""
from models.file_storage import FileStorage

storage = FileStorage()
storage.reload()
