//! Requests that a program makes up from what the API says about itself, and from nothing else.

use std::env;
use std::process::Command;

use crate::support::server::{Client, Server, binary, wait_for};
use crate::wsgi::venv;

/// What every answer must be: no error of ours, a status, a content type, headers and a body that the document tells; and
/// methods that there are not must be refused with those that there are.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,positive_data_acceptance,unsupported_method,\
    allow_header_conformance,use_after_free";

#[test]
#[ignore = "needs schemathesis from PyPI; takes SECONDS_OF_FUZZ, otherwise 30"]
fn made_up_requests_meet_no_error_and_nothing_that_the_document_does_not_tell() {
    let seconds = env::var("SECONDS_OF_FUZZ").unwrap_or_else(|_| "30".into());
    let server = Server::spawn(|dir| {
        let database = dir.join("hbnb.db");
        for word in ["migrate", "seed"] {
            let mut hbnb = Command::new(env!("CARGO_BIN_EXE_hbnb"));
            assert!(hbnb.arg(word).env("HBNB_SQLITE", &database).output().unwrap().status.success());
        }
        let mut command = Command::new(binary());
        command.env("HBNB_SQLITE", database).args(["--bind", "127.0.0.1:0", "--error-logfile"]);
        command.arg(dir.join("log")).arg("@hbnb/api");
        command
    });
    let address = server.address();
    wait_for("the first answer", || Client::new(&address).get("/api/v1/status").ok());
    let program = venv::with("tests/app/fuzz/requirements.txt").with_file_name("schemathesis");
    let output = Command::new(program)
        .current_dir(server.dir.path())
        .arg("run")
        .arg(format!("http://{address}/api/v1/openapi.json"))
        .args(["--max-time", &seconds, "--continue-on-failure", "--checks", CHECKS])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", server.log());
}
