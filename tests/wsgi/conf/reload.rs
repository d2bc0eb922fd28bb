//! What a reload and a preload do to the configuration and the code.

use std::fs;

use rustix::process::Signal;

use super::{SHOP, project, serve_in};
use crate::support::server::wait_for;
use crate::wsgi::talk::body;

#[test]
fn a_reload_reads_the_configuration_and_the_code_anew() {
    for preload in [&[][..], &["--preload"]] {
        let home = project(&[("gunicorn.conf.py", "raw_env = ['SHOP=old']\n")]);
        let server = serve_in(home.path(), &[preload, &["shop:app"]].concat());
        let address = server.address();
        assert_eq!((body(&address, "/env"), body(&address, "/")), ("old".into(), "shop:app".into()));
        fs::write(home.path().join("gunicorn.conf.py"), "raw_env = ['SHOP=new']\n").unwrap();
        fs::write(home.path().join("shop.py"), SHOP.replace("shop:app\"", "new shop\"")).unwrap();
        server.signal(Signal::HUP);
        wait_for(&format!("the new shop, {preload:?}"), || {
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
        fs::write(home.path().join(name), text).unwrap();
        server.signal(Signal::HUP);
        server.logged("ZeroDivisionError", 1);
        assert_eq!((body(&address, "/pid"), body(&address, "/env")), (pid, "old".into()), "{name}");
        assert_eq!(server.child.try_wait().unwrap(), None, "{name}");
        fs::write(home.path().join("gunicorn.conf.py"), "raw_env = ['SHOP=mended']\n").unwrap();
        fs::write(home.path().join("shop.py"), SHOP).unwrap();
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
    for _ in 0..20 {
        assert_eq!(body(&address, "/imported"), imported);
    }
    let server = serve_in(home.path(), &["shop:app"]);
    assert_eq!(body(&server.address(), "/pid"), body(&server.address(), "/imported"));
}

#[test]
fn a_broken_application_ends_a_preloading_server_before_it_serves() {
    let home = project(&[("broken.py", "1 / 0\n")]);
    let (status, text) = super::refused(home.path(), &["--preload", "broken:app"]);
    assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
    assert!(text.contains("ZeroDivisionError"), "{text}");
    assert!(!text.contains("(pid:0)"), "{text}");
}

#[test]
fn what_is_printed_before_there_are_workers_is_captured() {
    let file = "def on_starting(server):\n    print('a hook said this')\n";
    let loud = format!("print('an import said this', flush=True)\n{SHOP}");
    let home = project(&[("gunicorn.conf.py", file), ("loud.py", &loud)]);
    let server = serve_in(home.path(), &["--preload", "--capture-output", "loud:app"]);
    server.logged("[INFO] a hook said this", 1);
    server.logged("[INFO] an import said this", 1);
    assert_eq!(body(&server.address(), "/"), "shop:app");
    let broken = project(&[("broken.py", "print('its last words')\n1 / 0\n")]);
    let (_, text) = super::refused(broken.path(), &["--preload", "--capture-output", "broken:app"]);
    assert!(text.contains("[INFO] its last words\n"), "{text}");
}
