"""The site of the framework tests in Flask."""
import hashlib

from flask import Flask, Response, redirect, request, send_file, session

from bare import PAGE, strict

app = Flask(__name__)
app.secret_key = "a key for tests"


@app.get("/hello/<name>")
def hello(name):
    return "Hello, %s!" % name


@app.get("/query")
def query():
    return "q is %s" % request.args["q"]


@app.post("/form")
def form():
    return "%s is %s" % (request.form["name"], request.form["mood"])


@app.get("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return "visit %d" % session["count"]


@app.get("/go")
def go():
    return redirect("/hello/there")


@app.post("/upload")
def upload():
    file = request.files["file"]
    body = file.read()
    return "%s %d %s" % (file.filename, len(body), hashlib.sha256(body).hexdigest())


@app.post("/raw")
def raw():
    return request.get_data()


@app.get("/stream")
def stream():
    return Response((word for word in ["one\n", "two\n", "three\n"]), content_type="text/plain")


@app.get("/page")
def page():
    return send_file(PAGE)


@app.get("/scheme")
def scheme():
    return request.scheme


@app.get("/none")
def none():
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@app.get("/error")
def error():
    raise ValueError("an error of the site")


@app.errorhandler(404)
def missing(error):
    return "not here", 404


validated = strict(app)
