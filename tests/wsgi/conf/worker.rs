//! How workers come to be and what hooks are told of them: forked, watched, refused.

use std::fs;

use rustix::process::Signal;

use super::{SHOP, project, refused, said, serve_in};
use crate::support::server::{Server, signal_to, wait_for};
use crate::wsgi::talk::{ask, body, get};

/// Notes what the objects of every hook have.
const OBJECTS: &str = r#"
import os


def note(*words):
    with open(os.path.join(os.environ["TRAP_DIR"], "notes"), "a") as notes:
        notes.write(" ".join(map(str, words)) + "\n")


def on_starting(server):
    note(server.cfg.timeout, server.address[0][0], server.pid == os.getppid(), server.num_workers)


def pre_fork(server, worker):
    worker.name = "worker of age %d" % worker.age


def post_fork(server, worker):
    note(worker.name, worker.pid == os.getpid(), worker.ppid == server.pid == os.getppid())
    worker.log.warning("%s of %s", "made", worker.cfg.proc_name, extra={"more": 1})


def pre_request(worker, req):
    note(req.method, req.path, req.query, req.uri, req.version, dict(req.headers)["X-WORD"], worker.nr)


def post_request(worker, req, environ, resp):
    note(resp.status, resp.status_code, resp.headers, environ["PATH_INFO"])


def child_exit(server, worker):
    note(worker.age)
"#;

fn children(server: &Server, word: &str) -> Vec<i32> {
    let is_one = |pid: &i32| {
        let text = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        text.split('\0').any(|argument| argument == word)
    };
    server.workers().into_iter().filter(is_one).collect()
}

#[test]
fn hooks_are_given_what_people_use_of_server_worker_request_and_answer() {
    let home = project(&[("gunicorn.conf.py", OBJECTS)]);
    let mut server = serve_in(home.path(), &["--name", "shop", "--timeout", "44", "shop:app"]);
    let request = "GET /?a=b HTTP/1.1\r\nHost: a\r\nX-Word: yes\r\nConnection: close\r\n\r\n";
    ask(&server.address(), request);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(
        crate::wsgi::notes(&server),
        "44 127.0.0.1 True 1\n\
         worker of age 1 True True\n\
         GET / a=b /?a=b (1, 1) yes 1\n\
         200 OK 200 [('Content-Type', 'text/plain'), ('Content-Length', '8')] /\n\
         1\n"
    );
    assert!(server.log().contains("] [WARNING] made of shop\n"), "{}", server.log());
}

#[test]
fn a_hook_that_cannot_take_what_it_is_called_with_is_refused_in_its_line() {
    let home = project(&[("gunicorn.conf.py", "workers = 2\n\n\ndef post_fork(worker):\n    pass\n")]);
    let (status, text) = refused(home.path(), &["shop:app"]);
    assert_eq!(status.code(), Some(2), "{text}");
    assert_eq!(
        text,
        "error: `post_fork` does not take what it is called with: server, worker\n\
         \x20--> gunicorn.conf.py:4:5\n\
         \x20 |\n\
         4 | def post_fork(worker):\n\
         \x20 |     ^^^^^^^^^\n\
         \x20 = fix: `def post_fork(server, worker):`\n"
    );
}

#[test]
fn a_hook_that_fails_before_the_server_serves_ends_it_with_3() {
    for hook in [
        "nworkers_changed(server, new, old)",
        "on_starting(server)",
        "when_ready(server)",
        "pre_fork(server, worker)",
        "post_fork(server, worker)",
        "post_worker_init(worker)",
    ] {
        let file = format!("def {hook}:\n    1 / 0\n");
        let home = project(&[("gunicorn.conf.py", &file)]);
        let (status, text) = refused(home.path(), &["shop:app"]);
        assert_eq!(status.code(), Some(3), "{text}");
        let name = hook.split('(').next().unwrap();
        assert!(text.contains(&format!("error: the hook `{name}` failed\nTraceback")), "{text}");
        assert!(text.contains("line 2, in ") && text.contains("ZeroDivisionError"), "{text}");
        assert!(!text.contains("appserver/"), "frames of ours in:\n{text}");
    }
}

#[test]
fn why_there_is_no_application_is_told_without_frames_of_ours() {
    let home = project(&[
        ("broken.py", "import missing_library\n"),
        ("leaves.py", "raise SystemExit('no settings')\n"),
        ("nothing.py", "def make():\n    return None\n"),
        ("few.py", "import os\nfrom os.path import join\n\n\ndef make_app():\n    pass\n\n\nvalue = 3\n"),
    ]);
    let path = fs::canonicalize(home.path()).unwrap().display().to_string();
    for (target, words) in [
        ("few:app", "`few` has no `app`; what can be called there: `make_app`".to_string()),
        (
            "few:value",
            "what it names is of type `int` and cannot be called; an application is called for every request"
                .into(),
        ),
        ("nothing:make()", "what it names is None and cannot be called; the call returned it".into()),
        (
            "shpo:app",
            format!("there is no module `shpo`, looked for from `{path}` on; did you mean `shop:app`?"),
        ),
        ("few:make_app(1)", "TypeError: make_app() takes 0 positional arguments but 1 was given".into()),
        (
            "broken:app",
            format!(
                "ModuleNotFoundError: No module named 'missing_library'\n\
                 Traceback (most recent call last):\n  File \"{path}/broken.py\", line 1, in <module>\n    \
                 import missing_library\nModuleNotFoundError: No module named 'missing_library'"
            ),
        ),
    ] {
        let (status, text) = refused(home.path(), &["--check-config", target]);
        assert_eq!((status.code(), text), (Some(4), format!("error: cannot load `{target}`: {words}\n")));
    }
    let (_, text) = refused(home.path(), &["--check-config", "leaves:app"]);
    assert!(
        text.starts_with("error: cannot load `leaves:app`: it called sys.exit('no settings')\n"),
        "{text}"
    );
}

#[test]
fn workers_outlive_what_they_were_forked_from_and_another_is_made_when_it_is_needed() {
    let home = project(&[]);
    let server = serve_in(home.path(), &["--preload", "shop:app"]);
    let address = server.address();
    let worker = body(&address, "/pid");
    let [zygote] = children(&server, "zygote")[..] else { panic!("{:?}", children(&server, "zygote")) };
    assert_eq!(children(&server, "worker"), [worker.parse::<i32>().unwrap()]);
    signal_to(zygote, Signal::KILL);
    server.logged("a new one is started when it is needed", 1);
    assert_eq!(body(&address, "/pid"), worker);
    signal_to(worker.parse().unwrap(), Signal::KILL);
    server.logged("Booting worker with pid: ", 2);
    assert_ne!(body(&address, "/pid"), worker);
}

#[test]
fn a_thread_where_workers_are_forked_from_is_warned_of() {
    let home = project(&[(
        "threaded.py",
        "import threading, time, shop\napp = shop.app\n\
         threading.Thread(target=time.sleep, args=(60,), name='refresh', daemon=True).start()\n",
    )]);
    let server = serve_in(home.path(), &["--preload", "--workers", "2", "threaded:app"]);
    assert_eq!(body(&server.address(), "/"), "shop:app");
    server.logged("[WARNING] The thread `refresh` runs where workers are forked from", 1);
    server.logged("Booting worker with pid: ", 2);
    assert_eq!(server.log().matches("`refresh`").count(), 1, "{}", server.log());
}

#[test]
fn changed_code_is_served_and_broken_code_is_not_until_it_is_mended() {
    for engine in ["poll", "auto"] {
        changed_code_is_noticed_by(engine);
    }
    let server = changed_code_is_noticed_by("inotify");
    let told = "warning: `reload_engine` is `inotify`, but changes of the code are noticed by looking at its files once a second\n";
    assert!(said(&server).contains(told), "{}", said(&server));
}

fn changed_code_is_noticed_by(engine: &str) -> Server {
    let home = project(&[]);
    let server =
        serve_in(home.path(), &["--reload", "--reload-engine", engine, "--workers", "2", "shop:app"]);
    let address = server.address();
    assert_eq!(body(&address, "/"), "shop:app");
    let served = |text: &str| {
        wait_for(text, || (body(&address, "/") == text).then_some(()));
    };
    fs::write(home.path().join("shop.py"), "1 / 0\n").unwrap();
    server.logged("ZeroDivisionError", 1);
    for _ in 0..20 {
        assert_eq!(body(&address, "/"), "shop:app");
    }
    fs::write(home.path().join("shop.py"), SHOP.replace("shop:app\"", "mended shop\"")).unwrap();
    served("mended shop");
    server
}

#[test]
fn a_connection_that_the_application_lost_is_its_own_fault() {
    let app = "def app(environ, start_response):\n    raise ConnectionResetError('the database left')\n";
    let home = project(&[("lost.py", app)]);
    let server = serve_in(home.path(), &["lost:app"]);
    for _ in 0..2 {
        assert!(ask(&server.address(), &get("/")).starts_with("HTTP/1.1 500 Internal Server Error\n"));
    }
    server.logged("ConnectionResetError: the database left", 2);
    assert_eq!(server.log().matches("Booting worker").count(), 1, "{}", said(&server));
}

#[test]
fn a_very_long_line_of_the_log_is_cut_and_nothing_else_is_lost() {
    let app = "def app(environ, start_response):\n    environ['wsgi.errors'].write('long' * 1000000 + '\\nshort\\n')\n    \
               raise ValueError('odd \\udce9 text')\n";
    let home = project(&[("long.py", app)]);
    let server = serve_in(home.path(), &["long:app"]);
    ask(&server.address(), &get("/"));
    server.logged("letters more]", 1);
    server.logged("ValueError: odd \\udce9 text", 1);
    assert!(server.log().len() < 300_000);
}
