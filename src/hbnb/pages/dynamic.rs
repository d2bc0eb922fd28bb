//! The second application of the course: pages made from their address alone.

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{MethodRouter, get};

use super::error;
use super::html::Page;

/// What `/python` says when the address does not.
const PYTHON: &str = "is_cool";

/// The pages at the root and, unless it is empty, under `mount`: the proxy forwards its address unchanged.
pub fn router(mount: &str) -> Router {
    let mut mounts = vec![""];
    mounts.extend(Some(mount).filter(|mount| !mount.is_empty()));
    let mut router = Router::new();
    for mount in mounts {
        for (path, page) in pages() {
            router = super::with_both_slashes(router, &format!("{mount}{path}"), page);
        }
    }
    router
}

fn pages() -> [(&'static str, MethodRouter); 6] {
    [
        ("/c/{text}", get(async |Word(text): Word| sentence("C", &text))),
        ("/python", get(async || sentence("Python", PYTHON))),
        ("/python/{text}", get(async |Word(text): Word| sentence("Python", &text))),
        ("/number/{n}", get(async |Number(n): Number| Page(format!("{n} is a number")))),
        ("/number_template/{n}", get(async |Number(n): Number| headline(&format!("Number: {n}")))),
        ("/number_odd_or_even/{n}", get(async |Number(n): Number| headline(&parity(&n)))),
    ]
}

/// One segment of the address; broken percent escapes name no page.
struct Word(String);

impl<S: Send + Sync> FromRequestParts<S> for Word {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let text: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        text.map(|Path(text)| Word(text)).map_err(|_| error::not_found())
    }
}

/// A segment of digits, of any length, without leading zeros; anything else names no page.
struct Number(String);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Word(text) = Word::from_request_parts(parts, state).await?;
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error::not_found());
        }
        let digits = text.trim_start_matches('0');
        Ok(Number(if digits.is_empty() { "0".into() } else { digits.into() }))
    }
}

fn sentence(subject: &str, text: &str) -> Page<String> {
    Page(format!("{subject} {}", escaped(&text.replace('_', " "))))
}

fn parity(digits: &str) -> String {
    let even = digits.bytes().next_back().is_none_or(|last| last % 2 == 0);
    format!("Number: {digits} is {}", if even { "even" } else { "odd" })
}

/// A page with one headline, in the letters its clients look for.
fn headline(text: &str) -> Page<String> {
    Page(format!(
        "<!DOCTYPE html>\n<HTML lang=\"en\">\n    <HEAD>\n        <META name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n        <TITLE>HBNB</TITLE>\n    </HEAD>\n    <BODY>\n        <H1>{text}</H1>\n    </BODY>\n</HTML>\n"
    ))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
