//! Journeys through the pages with a real browser; what it saw is kept in `target/screenshots`. Each has a server of its own,
//! or the site that the environment names, afresh.

mod access;
mod account;
mod filter;
mod host;
mod plain;
mod review;
mod status;
mod stay;

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::elsewhere::{Elsewhere, Rows};
use crate::support::server::Server;

/// The whole application over the demonstration's rows.
struct Site {
    address: String,
    _server: Option<Server>,
}

impl Site {
    /// Starts it on a port that the kernel picks.
    fn start() -> Self {
        if let Some(place) = Elsewhere::named() {
            place.start_afresh(Rows::Seeded);
            return Self { address: place.address, _server: None };
        }
        let server = Server::seeded("@hbnb", &["--workers", "1"]);
        Self { address: format!("http://{}", server.address()), _server: Some(server) }
    }

    fn open(&self, browser: &Browser, path: &str) {
        browser.open(&format!("{}{path}", self.address));
    }

    /// The names of the places that the API finds for `wish`, sorted.
    fn found(&self, wish: &Value) -> Vec<String> {
        let places = self.places(wish);
        let mut names: Vec<String> =
            places.iter().map(|place| place["name"].as_str().unwrap().to_string()).collect();
        names.sort();
        names
    }

    /// The id of some place.
    fn place(&self) -> String {
        self.places(&json!({}))[0]["id"].as_str().unwrap().to_string()
    }

    fn places(&self, wish: &Value) -> Vec<Value> {
        let asked = ureq::post(format!("{}/api/v1/places_search/", self.address)).send(wish.to_string());
        serde_json::from_str(&asked.unwrap().body_mut().read_to_string().unwrap()).unwrap()
    }
}

/// Types into a field.
fn write(browser: &Browser, field: &str, text: &str) {
    browser.click(&format!("#{field}"));
    text.chars().for_each(|key| browser.press(key));
}

/// Gives a field a date, as a calendar does: what one types for it differs by country.
fn choose(browser: &Browser, field: &str, date: &str) {
    browser.run(&format!("document.getElementById('{field}').value = '{date}'"));
}

/// Somebody of this name signs up and logs in.
fn enter(site: &Site, browser: &Browser, name: &str) {
    site.open(browser, "/sign-up");
    write(browser, "first_name", name);
    for next in ["Log in", "Your account"] {
        write(browser, "email", &format!("{name}@example.com"));
        write(browser, "password", "correct horse");
        browser.click(".form button");
        browser.says("h1", next);
    }
}
