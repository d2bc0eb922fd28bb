//! Journeys through the pages with a real browser; what it saw is kept in `target/screenshots`.

mod access;
mod account;
mod filter;
mod plain;
mod review;
mod status;

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::server::Server;

/// The whole application over the demonstration's rows, as a real server.
struct Site {
    address: String,
    _server: Server,
}

impl Site {
    /// Starts it on a port that the kernel picks.
    fn start() -> Self {
        let server = Server::seeded("@hbnb", &["--workers", "1"]);
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
