//! Somebody who is logged in.

use super::{Answer, Site};
use axum::body::Body;
use axum::http::{Request, header};
use deployer::hbnb::account::session::{Keep, Way};
use deployer::hbnb::account::{Key, Session};
use deployer::hbnb::model::Values;
use deployer::hbnb::storage::Storage;

/// A browser in which somebody is logged in.
#[derive(Clone)]
pub struct Guest {
    pub cookie: String,
    pub token: String,
}

impl Guest {
    pub async fn of(storage: &Storage, user: &str) -> Self {
        let key = Key::of(storage, None).await.unwrap();
        let session = Session::new().unwrap();
        storage.begin_session(&session.digest(), user, i64::from(u32::MAX)).await.unwrap();
        let cookie = session.cookie(&key, Keep::LoggedIn, Way::Http).to_str().unwrap().to_string();
        Self { cookie: cookie.split(';').next().unwrap().to_string(), token: session.token(&key) }
    }

    pub fn ask(&self, method: &str, path: &str, form: &str) -> Request<Body> {
        let body = if method == "POST" { format!("csrf={}&{form}", self.token) } else { String::new() };
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookie);
        request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    }

    pub async fn get(&self, site: &Site, path: &str) -> Answer {
        site.send(self.ask("GET", path, "")).await
    }

    pub async fn post(&self, site: &Site, path: &str, form: &str) -> Answer {
        site.send(self.ask("POST", path, form)).await
    }
}

/// A text of a row.
pub fn text(row: &Values, name: &str) -> String {
    row[name].as_str().unwrap().to_string()
}
