//! Where an application is mounted.

use serde_json::json;

use crate::support::server::{PAGE, Server, binary, wait_for};
use crate::support::wire::{python, statuses, told};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_python_application_answers_below_its_mount_and_nowhere_else() {
    let server = python(&["--mount", "/shop", "--mount", "/shop/v 2"]);
    let address = server.address();
    for (path, script, info) in [
        ("/shop", "/shop", ""),
        ("/shop/", "/shop", "/"),
        ("/shop/a%2fb?c", "/shop", "/a/b"),
        ("/sh%6fp/a", "/shop", "/a"),
        ("/shop/v%202/x", "/shop/v 2", "/x"),
        ("/shop//", "/shop", "//"),
    ] {
        let said = told(&address, get(path));
        assert_eq!([&said["SCRIPT_NAME"], &said["PATH_INFO"]], [&json!(script), &json!(info)], "{path}");
        assert_eq!(said["REQUEST_URI"], path);
    }
    for path in ["/", "/shopping", "/x/shop", "/Shop", "//shop", "/shop%2525"] {
        assert_eq!(statuses(&address, get(path)), [404], "{path}");
    }
    assert_eq!(statuses(&address, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), [404]);
}

#[test]
fn a_native_application_does_so_too() {
    let server = Server::spawn(|dir| {
        let mut command = std::process::Command::new(binary());
        command.args(["--bind", "127.0.0.1:0", "--mount", "/sho p", "--error-logfile"]);
        command.arg(dir.join("log")).arg(crate::support::server::APP);
        command
    });
    let address = server.address();
    wait_for("the first answer", || {
        (statuses(&address, get(&format!("/sho%20p{PAGE}"))) == [200]).then_some(())
    });
    assert_eq!(statuses(&address, get(&format!("/%73ho%20p{PAGE}?a=b"))), [200]);
    for path in [PAGE.to_string(), "/".into(), format!("/sho%20pp{PAGE}"), "/sho%2520p/".into()] {
        assert_eq!(statuses(&address, get(&path)), [404], "{path}");
    }
}
