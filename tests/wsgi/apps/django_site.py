"""The site of the framework tests in Django, in one file."""
import hashlib

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path

from bare import PAGE, strict

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="a key for tests",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"]},
    },
)
django.setup()


def plain(text, status=200):
    return HttpResponse(text, status=status, content_type="text/plain")


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return plain("visit %d" % request.session["count"])


def upload(request):
    file = request.FILES["file"]
    body = file.read()
    return plain("%s %d %s" % (file.name, len(body), hashlib.sha256(body).hexdigest()))


def none(request):
    response = HttpResponse(status=204)
    del response["Content-Type"]
    return response


def error(request):
    raise ValueError("an error of the site")


def missing(request, exception):
    return plain("not here", 404)


handler404 = missing
urlpatterns = [
    path("hello/<name>", lambda request, name: plain("Hello, %s!" % name)),
    path("query", lambda request: plain("q is %s" % request.GET["q"])),
    path("form", lambda request: plain("%s is %s" % (request.POST["name"], request.POST["mood"]))),
    path("count", count),
    path("go", lambda request: HttpResponseRedirect("/hello/there")),
    path("upload", upload),
    path("raw", lambda request: plain(request.body)),
    path("stream", lambda request: StreamingHttpResponse(iter(["one\n", "two\n", "three\n"]))),
    path("page", lambda request: FileResponse(open(PAGE, "rb"))),
    path("scheme", lambda request: plain(request.scheme)),
    path("none", none),
    path("error", error),
]
app = get_wsgi_application()
validated = strict(app)
