"""WSGI applications without a framework: the server's own cost is nearly all there is."""

HELLO = b"Hello, world!"
MEGABYTE = b"x" * (1 << 20)


def answer(start_response, body):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def hello(environ, start_response):
    return answer(start_response, HELLO)


def megabyte(environ, start_response):
    return answer(start_response, MEGABYTE)


def echo(environ, start_response):
    return answer(start_response, environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
