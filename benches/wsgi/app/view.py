"""A Flask application with trivial views; one of them sleeps as a view does that waits for a database."""

import time

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "Hello"


@app.get("/slow")
def slow():
    time.sleep(0.05)
    return "Slow"
