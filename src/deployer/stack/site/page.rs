//! What nginx answers by itself: pages of errors, redirects, and that somebody works on the site.

use serde::Deserialize;

use super::super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::yaml::{Node, Spanned, Value};

/// Everything that means: nobody is there to answer.
const DOWN: [u16; 4] = [500, 502, 503, 504];
/// What visitors read while somebody works on the site.
const AT_WORK: &str = "Back soon: we are working on this site.";
/// Seconds after which programs ask again, if nothing is said.
const RETRY_AFTER: u32 = 300;
/// A day: who works longer changes the page meanwhile.
const LONGEST_RETRY: u32 = 86_400;

/// A path that leads elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// Starts with `/`.
    pub path: Spanned<String>,
    /// A path or an `http(s)://` URL.
    pub target: String,
    /// 301, 302, 307 or 308.
    pub status: u16,
}

/// What is shown instead of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// 400 to 599; those of `50x` are four.
    pub statuses: Vec<u16>,
    /// What is shown.
    pub page: Page,
}

/// A page of the site, or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// A path of the site.
    Path(String),
    /// The text itself; HTML if it starts with `<`.
    Text(String),
}

/// Somebody works on the site: every answer is 503.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// What visitors read; HTML if it starts with `<`.
    pub text: String,
    /// Seconds after which programs ask again: 1 to 86400.
    pub retry_after: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedRedirect {
    to: Spanned<String>,
    status: Option<Spanned<u16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedMaintenance {
    text: Option<Spanned<String>>,
    retry_after: Option<Spanned<u32>>,
}

/// Reads a path and where it leads: a target, or a map of `to` and `status`.
pub fn redirect((path, node): (Spanned<String>, Node), said: &mut Vec<Diagnostic>) -> Option<Redirect> {
    word::path("the redirect", &path, said);
    let typed = match node.value {
        Value::Map(_) => node.decode(),
        _ => node.decode().map(|to| TypedRedirect { to, status: None }),
    };
    let TypedRedirect { to: target, status } = typed.map_err(|e| said.push(e)).ok()?;
    let known = ["/", "http://", "https://"].iter().any(|start| target.starts_with(start));
    if !known || target.value == path.value {
        let label = if known { "it leads to itself" } else { "a path, or a URL of http or https" };
        let message = format!("the target `{}` cannot be used", target.value.escape_debug());
        said.push(Diagnostic::error(message).at(&target.span).label(label));
    }
    word::characters("the target", &target, "\"';{}$\\", said);
    if let Some(wrong) = status.as_ref().filter(|status| ![301, 302, 307, 308].contains(&status.value)) {
        let error = Diagnostic::error(format!("`{}` is no status of a redirect", wrong.value));
        said.push(error.at(&wrong.span).label(
            "301: moved for good; 302: for now; 308 and 307: the same, and a form that was sent stays a form",
        ));
    }
    Some(Redirect { path, target: target.value, status: status.map_or(301, |status| status.value) })
}

/// Reads a status, or `50x`, and what is shown for it.
pub fn error_page((key, page): (Spanned<String>, Spanned<String>), said: &mut Vec<Diagnostic>) -> ErrorPage {
    let statuses = match (key.as_str(), key.parse()) {
        ("50x", _) => DOWN.to_vec(),
        (_, Ok(status)) if (400..=599).contains(&status) => vec![status],
        _ => {
            let message = format!("`{}` is no status of an error", key.value.escape_debug());
            said.push(Diagnostic::error(message).at(&key.span).label("400 to 599, or 50x: the app is down"));
            vec![404]
        }
    };
    if page.starts_with('/') {
        word::path("the page", &page, said);
        return ErrorPage { statuses, page: Page::Path(page.value) };
    }
    word::quotable("the text of the page", &page, quote::nginx, said);
    ErrorPage { statuses, page: Page::Text(page.value) }
}

/// Reads `maintenance`: a switch, a text, or a map of `text` and `retry_after`.
pub fn maintenance(node: &Node, said: &mut Vec<Diagnostic>) -> Option<Maintenance> {
    let typed = match &node.value {
        Value::Bool(false) | Value::Null => return None,
        Value::Bool(true) => Ok(TypedMaintenance { text: None, retry_after: None }),
        Value::Map(_) => node.decode(),
        _ => node.decode().map(|text| TypedMaintenance { text: Some(text), retry_after: None }),
    };
    let typed = typed.map_err(|e| said.push(e)).ok()?;
    if let Some(text) = &typed.text {
        word::given("the text of the page", text, said);
        word::quotable("the text of the page", text, quote::nginx, said);
    }
    if let Some(wrong) = typed.retry_after.as_ref().filter(|s| !(1..=LONGEST_RETRY).contains(&s.value)) {
        let error = Diagnostic::error(format!("`retry_after: {}` is out of range", wrong.value));
        said.push(error.at(&wrong.span).label(format!("seconds: 1 to {LONGEST_RETRY}")));
    }
    Some(Maintenance {
        text: typed.text.map_or_else(|| AT_WORK.to_string(), |text| text.value),
        retry_after: typed.retry_after.map_or(RETRY_AFTER, |seconds| seconds.value),
    })
}
