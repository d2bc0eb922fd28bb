//! Accounts: browsers that keep cookies and fill in forms.

mod account_page;
mod bad_input;
mod forgery;
mod guess;
mod old;
mod session;
mod sign_up;

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::http::Request;
use axum::http::uri::Scheme;
use deployer::hbnb::Part;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Answer, Site};

const ANN: [(&str, &str); 4] = [
    ("first_name", "Ann"),
    ("last_name", "Lee"),
    ("email", "Ann@Example.com"),
    ("password", "correct horse"),
];
const ANN_LOGS_IN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", "correct horse")];
const WRONG: &str = "Email and password do not belong together.";
const SIGNED_UP: &str = "/log-in?signed_up=1";

/// A browser: it keeps our cookie and follows nothing by itself.
struct Browser<'s> {
    site: &'s Site,
    cookie: Option<String>,
    /// Where it is, as the server tells the application.
    client: Option<IpAddr>,
    /// Whether it speaks https, as the server tells the application.
    is_secure: bool,
    headers: Vec<(&'static str, &'static str)>,
}

impl<'s> Browser<'s> {
    fn new(site: &'s Site) -> Self {
        let client = Some(Ipv4Addr::new(192, 0, 2, 1).into());
        Self { site, cookie: None, client, is_secure: false, headers: Vec::new() }
    }

    /// One that just logged in as Ann, who has signed up.
    async fn of_ann(site: &'s Site) -> Self {
        let mut browser = Self::new(site);
        let answer = browser.fill("/log-in", &ANN_LOGS_IN).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/account")), "{answer:?}");
        browser
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, Vec::new()).await
    }

    /// Sends fields as they are, without a token.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send("POST", path, pairs.join("&").into_bytes()).await
    }

    /// Opens a page and sends the form that is on it.
    async fn fill(&mut self, page: &str, fields: &[(&str, &str)]) -> Answer {
        self.fill_in(page, page.split('?').next().unwrap(), fields).await
    }

    /// Opens a page and sends one of its forms, which goes to another address.
    async fn fill_in(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        let token = token(&shown.body);
        let all: Vec<_> = fields.iter().copied().chain([("csrf", token)]).collect();
        self.post(action, &all).await
    }

    async fn send(&mut self, method: &str, path: &str, body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let mut request = request.body(Body::from(body)).unwrap();
        if let Some(client) = self.client {
            request.extensions_mut().insert(client);
        }
        if self.is_secure {
            request.extensions_mut().insert(Scheme::HTTPS);
        }
        let answer = self.site.send(request).await;
        if let Some(set) = answer.header("set-cookie") {
            let pair = set.split(';').next().unwrap();
            self.cookie = Some(pair.to_string()).filter(|pair| !pair.ends_with('='));
        }
        answer
    }

    /// Whether it is logged in, and as whom.
    async fn who(&mut self) -> Option<String> {
        let page = self.get("/account").await;
        let who = page.body.split("logged in as <b>").nth(1)?;
        Some(who.split("</b>").next().unwrap().trim().to_string())
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The token of the first form of a page.
fn token(page: &str) -> &str {
    let after = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or_else(|| panic!("no form: {page}"));
    after.split('"').next().unwrap()
}

/// A site where Ann has signed up.
async fn with_ann() -> Site {
    let site = Site::empty(Part::All).await;
    let answer = Browser::new(&site).fill("/sign-up", &ANN).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(SIGNED_UP)), "{answer:?}");
    site
}

#[tokio::test]
async fn somebody_signs_up_logs_in_changes_the_name_and_logs_out() {
    let site = with_ann().await;
    let mut browser = Browser::new(&site);
    assert!(browser.get(SIGNED_UP).await.body.contains("log in with the password that"));
    let first = browser.get("/account").await;
    assert_eq!((first.status, first.header("location")), (303, Some("/log-in?next=%2Faccount")));
    let mut fields = ANN_LOGS_IN.to_vec();
    fields.push(("next", "/account"));
    let answer = browser.fill("/log-in?next=%2Faccount", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/account")));
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
    assert_eq!(browser.get("/log-in").await.header("location"), Some("/account"));
    let saved = browser.fill("/account", &[("first_name", " Anna <b> "), ("last_name", "")]).await;
    assert_eq!((saved.status, saved.header("location")), (303, Some("/account?saved=name")));
    assert!(browser.get("/account?saved=name").await.body.contains("Your name is saved."));
    assert_eq!(browser.who().await.as_deref(), Some("Anna &lt;b&gt;"));
    let out = browser.fill_in("/account", "/log-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, Some("/")));
    assert_eq!(browser.who().await, None);
    assert!(site.get("/").await.body.contains("<a class=\"account\" href=\"/account\">Account</a>"));
}
