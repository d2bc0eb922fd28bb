//! The API's rows over HTTP: the same tests, and a real server instead of the router.

use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;

use super::{Answer, header};
use crate::support::elsewhere::{Elsewhere, Held};
use crate::support::mariadb::MariaDb;
use crate::support::server::{Server, binary};

/// The tests of the API.
pub const API: &str = "app::on_sqlite::api::";
/// Those of them that look into the database, or give the application other settings.
pub const INSIDE: [&str; 1] = ["app::on_sqlite::api::user::a_password_is_stored"];

/// Asks a server at an address.
pub async fn ask(site: &Elsewhere, request: Request<Body>) -> Answer {
    let (mut parts, body) = request.into_parts();
    parts.uri = format!("{}{}", site.address, parts.uri).parse().unwrap();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let takes_a_body = ["POST", "PUT", "PATCH"].contains(&parts.method.as_str());
    let said = match takes_a_body {
        true => agent.run(Request::from_parts(parts, body)),
        false if body.is_empty() => agent.run(Request::from_parts(parts, ())),
        false => panic!("{} with a body", parts.method),
    };
    let (parts, mut body) = said.unwrap().into_parts();
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().map(header).collect(),
        body: body.with_config().limit(64 << 20).read_to_string().unwrap(),
    };
    if answer.is_of_nginx() {
        assert!(answer.header("x-served-by").is_some(), "{answer:?}");
    }
    answer
}

/// A server of the whole application on a port of this machine; its database is named by a variable.
fn served(name: &str, database: &str) -> (Server, Elsewhere) {
    let server = Server::spawn(|directory| {
        let mut command = Command::new(binary());
        command.env(name, database).args(["--bind", "127.0.0.1:0", "--error-logfile"]);
        command.arg(directory.join("log")).arg("@hbnb");
        command
    });
    server.workers_ready();
    let hbnb = env!("CARGO_BIN_EXE_hbnb");
    let script = format!(
        "export {name}='{database}'\nHBNB_ENV=test {hbnb} migrate\nif [ \"$1\" = seeded ]; then {hbnb} seed; fi"
    );
    let site = Elsewhere::new(format!("http://{}", server.address()), server.dir.path(), &script);
    (server, site)
}

#[test]
fn every_row_holds_over_tcp_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let (_server, site) = served("HBNB_SQLITE", &directory.path().join("hbnb.db").display().to_string());
    is_whole(&site.holds(&[API], &INSIDE));
}

#[test]
fn every_row_holds_over_tcp_on_mariadb() {
    let (_server, site) = served("DATABASE_URL", &MariaDb::shared().url("over_tcp"));
    is_whole(&site.holds(&[API], &INSIDE));
}

/// Panics if a test of the API was not run.
pub fn is_whole(held: &Held) {
    let files = std::fs::read_dir(Path::new("tests/app/api")).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let written: usize = texts.map(|text| text.matches("#[tokio::test]").count()).sum();
    // Two tests of passwords look inside.
    assert_eq!(held.tests, written - 2, "{held:?}");
    assert!(held.rows > 1000, "{held:?}");
}
