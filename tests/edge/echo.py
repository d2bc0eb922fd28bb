"""Pages of every kind of slash. Every answer, redirects and errors too, tells what was asked in `X-Seen`."""

import json
import re

from flask import Flask, redirect, request, url_for

app = Flask(__name__)
TOLD = ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
        "HTTP_HOST", "REMOTE_ADDR", "CONTENT_TYPE", "CONTENT_LENGTH", "wsgi.url_scheme"]
FORWARDED = ["PROTO", "HOST", "PREFIX"]


@app.route("/")
def home():
    return "home"


@app.route("/a/")
def folder():
    return "folder"


@app.route("/b")
def leaf():
    return "leaf"


@app.route("/c", strict_slashes=False)
def lax_leaf():
    return "lax leaf"


@app.route("/d/", strict_slashes=False)
def lax_folder():
    return "lax folder"


@app.route("/form/", methods=["GET", "POST"])
def form():
    return "form"


@app.route("/s/<word>", methods=["GET", "POST"])
def segment(word):
    return word


@app.route("/p/<path:rest>")
def path(rest):
    return rest


@app.route("/near")
def near():
    return redirect(url_for("folder"))


@app.route("/away")
def away():
    return redirect(url_for("folder", _external=True))


@app.after_request
def tell(answer):
    environ = request.environ
    told = {name: environ.get(name) for name in TOLD}
    # The whole target of a proxy's request begins with the host.
    told["RAW_URI"] = re.sub("(?i)^https?://[^/?]*/?", "/", environ["RAW_URI"])
    told["body"] = request.get_data().decode("latin-1")
    told["forwarded"] = [environ.get("HTTP_X_FORWARDED_" + name) for name in FORWARDED]
    answer.headers["X-Seen"] = json.dumps(told)
    return answer
