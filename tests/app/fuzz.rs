//! Requests that a program makes up from what the API says about itself, and from nothing else.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::support::mariadb::MariaDb;
use crate::support::server::Server;
use crate::wsgi::venv;

/// What every answer must be: no error of ours, a status, a content type, headers and a body that the document tells; and
/// methods that there are not must be refused with those that there are.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,positive_data_acceptance,unsupported_method,\
    allow_header_conformance,use_after_free";

#[test]
#[ignore = "needs schemathesis from PyPI; takes SECONDS_OF_FUZZ, otherwise 30"]
fn made_up_requests_meet_no_error_and_nothing_that_the_document_does_not_tell() {
    bear(&Server::seeded("@hbnb/api", &[]));
}

#[test]
#[ignore = "needs schemathesis from PyPI; takes SECONDS_OF_FUZZ, otherwise 30"]
fn nor_do_they_where_everything_is_served_from_a_database_server() {
    let database = |_: &Path| MariaDb::shared().url("made_up");
    bear(&Server::seeded_at(database, "@hbnb", &[]));
}

/// The server bears requests for a while.
fn bear(server: &Server) {
    let seconds = env::var("SECONDS_OF_FUZZ").unwrap_or_else(|_| "30".into());
    let program = venv::with("tests/app/fuzz/requirements.txt").with_file_name("schemathesis");
    let output = Command::new(program)
        .current_dir(server.dir.path())
        .arg("run")
        .arg(format!("http://{}/api/v1/openapi.json", server.address()))
        .args(["--max-time", &seconds, "--continue-on-failure", "--checks", CHECKS])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", server.log());
}
