"""The site of the framework tests in Pyramid."""
import hashlib

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory

from bare import PAGE, strict


def plain(text, status=200):
    return Response(text, status=status, content_type="text/plain", charset="utf-8")


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return plain("visit %d" % request.session["count"])


def upload(request):
    file = request.POST["file"]
    body = file.file.read()
    return plain("%s %d %s" % (file.filename, len(body), hashlib.sha256(body).hexdigest()))


def stream(request):
    return Response(app_iter=(word for word in [b"one\n", b"two\n", b"three\n"]), content_type="text/plain")


def error(request):
    raise ValueError("an error of the site")


VIEWS = {
    "/hello/{name}": lambda request: plain("Hello, %s!" % request.matchdict["name"]),
    "/query": lambda request: plain("q is %s" % request.GET["q"]),
    "/form": lambda request: plain("%s is %s" % (request.POST["name"], request.POST["mood"])),
    "/count": count,
    "/go": lambda request: HTTPFound("/hello/there"),
    "/upload": upload,
    "/raw": lambda request: plain(request.body.decode()),
    "/stream": stream,
    "/page": lambda request: FileResponse(PAGE, request=request),
    "/scheme": lambda request: plain(request.scheme),
    "/none": lambda request: Response(status=204),
    "/error": error,
}


def main():
    with Configurator(session_factory=SignedCookieSessionFactory("a key for tests")) as config:
        for number, (path, view) in enumerate(VIEWS.items()):
            config.add_route(str(number), path)
            config.add_view(view, route_name=str(number))
        config.add_notfound_view(lambda request: plain("not here", 404))
        return config.make_wsgi_app()


app = main()
validated = strict(app)
