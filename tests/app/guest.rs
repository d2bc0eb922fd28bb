//! Browsers with a session.

use super::{Answer, Engine, Site};
use axum::body::Body;
use axum::http::{Request, header};
use deployer::hbnb::account::session::{Keep, Way};
use deployer::hbnb::account::{Key, Session};
use deployer::hbnb::model::Values;
use deployer::hbnb::storage::Storage;

/// A browser with a session of its own, which may be somebody's.
#[derive(Clone)]
pub struct Guest {
    pub session: Session,
    pub cookie: String,
    pub token: String,
}

impl Guest {
    /// A session that is nobody's yet.
    pub fn new(key: &Key) -> Self {
        let session = Session::new().unwrap();
        let cookie = session.cookie(key, Keep::LoggedIn, Way::Http).to_str().unwrap().to_string();
        let token = session.token(key);
        Self { session, cookie: cookie.split(';').next().unwrap().to_string(), token }
    }

    /// The same, of which the database knows that it is this user's.
    pub async fn logged_in(self, storage: &Storage, user: &str) -> Self {
        storage.begin_session(&self.session.digest(), user, i64::from(u32::MAX)).await.unwrap();
        self
    }

    /// A session of this user.
    pub async fn of(storage: &Storage, user: &str) -> Self {
        Self::new(&Key::of(storage, None).await.unwrap()).logged_in(storage, user).await
    }

    pub fn ask(&self, method: &str, path: &str, form: &str) -> Request<Body> {
        let body = if method == "POST" { format!("csrf={}&{form}", self.token) } else { String::new() };
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookie);
        request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    }

    pub async fn get<E: Engine>(&self, site: &Site<E>, path: &str) -> Answer {
        site.send(self.ask("GET", path, "")).await
    }

    pub async fn post<E: Engine>(&self, site: &Site<E>, path: &str, form: &str) -> Answer {
        site.send(self.ask("POST", path, form)).await
    }
}

/// A text of a row.
pub fn text(row: &Values, name: &str) -> String {
    row[name].as_str().unwrap().to_string()
}
