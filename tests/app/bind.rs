//! Where the application is listened for.

use std::process::Command;

use crate::support::server::{Client, Server, binary};

#[test]
fn the_api_listens_where_the_variables_of_the_course_say() {
    let server = Server::spawn(|dir| {
        let mut command = Command::new(binary());
        command.envs([("HBNB_API_HOST", "127.0.0.1"), ("HBNB_API_PORT", "0")]);
        command.env_remove("PORT").env("HBNB_SQLITE", dir.join("hbnb.db"));
        command.arg("--error-logfile").arg(dir.join("log")).arg("@hbnb/api");
        command
    });
    server.workers_ready();
    let answer = Client::new(&server.address()).get("/api/v1/status").unwrap();
    assert_eq!((answer.status, &*answer.text()), (200, "{\"status\":\"OK\"}\n"));
}
