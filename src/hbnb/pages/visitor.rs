//! Who asks for a page: the session that the browser brings, and who is logged in with it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Scheme;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Pages, error, local};
use crate::hbnb::account::session::{Keep, Way};
use crate::hbnb::account::{Error, Key, Session};
use crate::hbnb::storage::session::Person;

/// Somebody who asks for a page.
pub struct Visitor {
    /// Who is logged in, if anybody is.
    pub person: Option<Person>,
    /// The session; a new one if the browser brought none.
    pub session: Session,
    /// The key that signs it.
    pub key: Key,
    /// Where the request came from, if the server knows.
    pub client: Option<IpAddr>,
    is_new: bool,
    way: Way,
}

impl FromRequestParts<Pages> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Response> {
        Self::of(parts, pages).await.map_err(|cause| error::account(&cause))
    }
}

impl Visitor {
    async fn of(parts: &Parts, pages: &Pages) -> Result<Self, Error> {
        let key = pages.accounts.key().await?;
        let known = Session::of(&parts.headers, &key);
        let is_new = known.is_none();
        let (session, person) = match known {
            Some(session) => {
                let person = pages.accounts.person(&session).await?;
                (session, person)
            }
            None => (Session::new()?, None),
        };
        // Both are the server's word, which knows whom to believe.
        let client = parts.extensions.get::<IpAddr>().copied();
        let way = if parts.extensions.get() == Some(&Scheme::HTTPS) { Way::Https } else { Way::Http };
        Ok(Self { person, session, key, client, is_new, way })
    }

    /// The token that the forms of this visitor's pages carry.
    pub fn token(&self) -> String {
        self.session.token(&self.key)
    }

    /// A page for this visitor alone; the browser gets a session if it has none.
    pub fn answer(&self, page: Response) -> Response {
        let mut page = private(page);
        if self.is_new {
            let cookie = self.session.cookie(&self.key, Keep::Running, self.way);
            page.headers_mut().append(header::SET_COOKIE, cookie);
        }
        page
    }

    /// On to another page of ours, logged in with a new session.
    pub fn logged_in(&self, session: &Session, path: &str) -> Response {
        let mut answer = see(path);
        let cookie = session.cookie(&self.key, Keep::LoggedIn, self.way);
        answer.headers_mut().append(header::SET_COOKIE, cookie);
        answer
    }

    /// On to another page of ours, without a session.
    pub fn logged_out(&self, path: &str) -> Response {
        let mut answer = see(path);
        let cookie = self.session.cookie(&self.key, Keep::Not, self.way);
        answer.headers_mut().append(header::SET_COOKIE, cookie);
        answer
    }
}

/// 303: on to another page of ours, which is asked for with GET.
pub fn see(path: &str) -> Response {
    private(Redirect::to(local::path(path).unwrap_or("/")).into_response())
}

/// 303: first log in, then back to `path`.
pub fn first_log_in(path: &str) -> Response {
    see(&local::with_next("/log-in", Some(path)))
}

/// Nobody keeps it: neither a proxy nor the browser after logging out.
fn private(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
