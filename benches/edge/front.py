"""The application, and the two Nginxes before it."""

import re
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from process import SERVER_CORE, Failed, Process, until
from program import APPSERVER, PYTHON
from server import READY_SECONDS, Server

RENDERED = "rendered"
BY_HAND = "by hand"
DEPLOYER = APPSERVER.with_name("deployer")
APPS = Path(__file__).resolve().parent.parent / "wsgi/app"
KEEP_ALIVE = "600"

# What both are told of the host; as Debian's own, without what no request meets.
MAIN = """
user root;
daemon off;
worker_processes 1;
pid {at}/pid;
error_log {at}/error.log;
events {{ worker_connections 768; }}
http {{
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log {at}/access.log;
  gzip on;
  client_body_temp_path {at}/body;
  proxy_temp_path {at}/proxy;
  fastcgi_temp_path {at}/fastcgi;
  uwsgi_temp_path {at}/uwsgi;
  scgi_temp_path {at}/scgi;
{site}
}}
"""

# Connections are kept on both sides, the application is told who asked for what, and a page needs no file on its way: no
# less serves an application well.
MINIMAL = """
  upstream app {{ server unix:{socket}; keepalive 32; }}
  server {{
    listen {port} default_server;
    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_buffers 24 16k;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
"""

INVENTORY = """
all:
  hosts: {{ web-01: }}
  vars:
    site: {{ listen: {port} }}
    apps:
      app: {{ run: "{run}", {source}bind: "unix:{socket}", routes: [{{ path: / }}] }}
"""


def version():
    return subprocess.run(["/usr/sbin/nginx", "-v"], text=True, capture_output=True).stderr.strip().split("/")[1]


def facts():
    numbers = ", ".join(re.match(r"(\d+)\.(\d+)\.(\d+)", version()).groups())
    return f"hostname: a\nos: debian\nos_version: '12'\narch: x86_64\ninit: systemd\nsystemd: 252\nnginx: [{numbers}]\nipv6: false\n"


@dataclass(frozen=True)
class App:
    """What `run` names in an inventory, and the page that is asked for."""

    title: str
    run: str
    path: str

    @property
    def is_python(self):
        return not self.run.startswith("@")


class Application(Process):
    """The application server with one of them, on a socket file; the clone's pages show what is in `database`."""

    def __init__(self, app, database, work):
        self.app, self.socket = app, Path(work) / "app.sock"
        argv = ["env", f"HBNB_SQLITE={database}", APPSERVER, "--bind", f"unix:{self.socket}", "--workers", 1, "--keep-alive", KEEP_ALIVE]
        argv += ["--request-id-header", "X-Request-ID", "--log-level", "error"]
        argv += [*(["--python", PYTHON, "--chdir", APPS] if app.is_python else []), app.run]
        super().__init__(argv, SERVER_CORE, Path(work) / "app.log", work)
        until(self.socket.exists, READY_SECONDS, lambda: f"{app.run} does not listen\n{self.said()}")


class Front(Server):
    """One of the two Nginxes before an application."""

    def __init__(self, name, application, work):
        self.at, self.application = Path(work) / name.replace(" ", "-"), application
        self.at.mkdir(exist_ok=True)

        def argv(port):
            site = {RENDERED: self.rendered, BY_HAND: self.by_hand}[name](port)
            (self.at / "nginx.conf").write_text(MAIN.format(at=self.at, site=site))
            return ["/usr/sbin/nginx", "-e", self.at / "error.log", "-p", self.at, "-c", self.at / "nginx.conf"]

        super().__init__(name, argv, work, work)

    def by_hand(self, port):
        return MINIMAL.format(port=port, socket=self.application.socket)

    def rendered(self, port):
        app = self.application.app
        source = f"source: {APPS}, python: system, " if app.is_python else ""
        text = INVENTORY.format(port=port, run=app.run, source=source, socket=self.application.socket)
        (self.at / "inventory.yml").write_text(text)
        (self.at / "facts.yml").write_text(facts())
        argv = [DEPLOYER, "render", "inventory.yml", "--facts", "facts.yml", "--out", "hosts"]
        done = subprocess.run(argv, text=True, capture_output=True, cwd=self.at)
        if done.returncode != 0:
            raise Failed(f"deployer render: {done.stderr}")
        return (self.at / "hosts/web-01/etc/nginx/sites-enabled/deployer").read_text()

    def cpu_seconds(self):
        return super().cpu_seconds() + self.application.cpu_seconds()

    def said(self):
        errors = (self.at / "error.log").read_text().splitlines()
        return "\n".join([super().said(), *errors[-3:]])

    def answers(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.application.app.path}", timeout=5) as answer:
            return answer.status == 200
