//! What a reload and a preload do to the configuration and the code.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::{SHOP, project, serve_in};
use crate::support::server::wait_for;
use crate::wsgi::talk::body;

/// Gives a file of the project another text, at a time that a compiled copy cannot be mistaken for.
fn change(home: &Path, name: &str, text: &str) {
    fs::write(home.join(name), text).unwrap();
}

#[test]
fn a_reload_reads_the_configuration_and_the_code_anew() {
    for preload in [&[][..], &["--preload"]] {
        let home = project(&[("gunicorn.conf.py", "raw_env = ['SHOP=old']\n")]);
        let server = serve_in(home.path(), &[preload, &["shop:app"]].concat());
        let address = server.address();
        assert_eq!((body(&address, "/env"), body(&address, "/")), ("old".into(), "shop:app".into()));
        change(home.path(), "gunicorn.conf.py", "raw_env = ['SHOP=new']\n");
        change(home.path(), "shop.py", &SHOP.replace("shop:app\"", "new shop\""));
        server.signal(Signal::HUP);
        wait_for("the new shop", || {
            (body(&address, "/env") == "new" && body(&address, "/") == "new shop").then_some(())
        });
    }
}

#[test]
fn a_reload_into_a_broken_configuration_or_code_changes_nothing() {
    for (name, text) in [("gunicorn.conf.py", "workers = 1 / 0\n"), ("shop.py", "app = 1 / 0\n")] {
        let home = project(&[("gunicorn.conf.py", "raw_env = ['SHOP=old']\n")]);
        let mut server = serve_in(home.path(), &["shop:app"]);
        let address = server.address();
        let pid = body(&address, "/pid");
        change(home.path(), name, text);
        server.signal(Signal::HUP);
        server.logged("ZeroDivisionError", 1);
        assert_eq!((body(&address, "/pid"), body(&address, "/env")), (pid, "old".into()), "{name}");
        assert_eq!(server.child.try_wait().unwrap(), None, "{name}");
        change(home.path(), "gunicorn.conf.py", "raw_env = ['SHOP=mended']\n");
        change(home.path(), "shop.py", SHOP);
        server.signal(Signal::HUP);
        wait_for("the mended one", || (body(&address, "/env") == "mended").then_some(()));
    }
}

#[test]
fn a_preloaded_application_is_imported_once_for_all_workers() {
    let home = project(&[]);
    let server = serve_in(home.path(), &["--preload", "--workers", "2", "shop:app"]);
    let address = server.address();
    let imported = body(&address, "/imported");
    assert_ne!(body(&address, "/pid"), imported);
    let old = body(&address, "/pid");
    rustix_kill(&old);
    wait_for("another worker", || (body_of_any(&address) != Some(old.clone())).then_some(()));
    assert_eq!(body(&address, "/imported"), imported);
    let server = serve_in(home.path(), &["shop:app"]);
    assert_eq!(body(&server.address(), "/pid"), body(&server.address(), "/imported"));
}

fn rustix_kill(pid: &str) {
    crate::support::server::signal_to(pid.parse().unwrap(), Signal::TERM);
}

fn body_of_any(address: &str) -> Option<String> {
    Some(body(address, "/pid"))
}

#[test]
fn a_broken_application_ends_a_preloading_server_before_it_serves() {
    let home = project(&[("broken.py", "1 / 0\n")]);
    let (status, text) = super::refused(home.path(), &["--preload", "broken:app"]);
    assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
    assert!(text.contains("ZeroDivisionError"), "{text}");
}
