//! Journeys through the pages with a real browser; what it saw is kept in `target/screenshots`.

mod access;
mod account;
mod filter;
mod host;
mod plain;
mod review;
mod status;

use std::process::Command;

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::server::{Server, binary};

/// The whole application over the demonstration's rows, as a real server.
struct Site {
    address: String,
    _server: Server,
}

impl Site {
    /// Starts it on a port that the kernel picks.
    fn start() -> Self {
        let server = Server::spawn(|directory| {
            let database = directory.join("hbnb.db");
            for step in ["migrate", "seed"] {
                let mut command = Command::new(env!("CARGO_BIN_EXE_hbnb"));
                assert!(command.arg(step).env("HBNB_SQLITE", &database).output().unwrap().status.success());
            }
            let mut command = Command::new(binary());
            command.args(["--bind", "127.0.0.1:0", "--workers", "1", "--error-logfile"]);
            command.arg(directory.join("log")).arg("@hbnb").env("HBNB_SQLITE", database);
            command
        });
        server.workers_ready();
        Self { address: format!("http://{}", server.address()), _server: server }
    }

    fn open(&self, browser: &Browser, path: &str) {
        browser.open(&format!("{}{path}", self.address));
    }

    /// The names of the places that the API finds for `wish`, sorted.
    fn found(&self, wish: &Value) -> Vec<String> {
        let asked = ureq::post(format!("{}/api/v1/places_search/", self.address)).send(wish.to_string());
        let places: Vec<Value> =
            serde_json::from_str(&asked.unwrap().body_mut().read_to_string().unwrap()).unwrap();
        let mut names: Vec<String> =
            places.iter().map(|place| place["name"].as_str().unwrap().to_string()).collect();
        names.sort();
        names
    }
}
