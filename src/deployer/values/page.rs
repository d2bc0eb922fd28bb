//! What Nginx answers by itself, as templates see it.

use serde_json::{Value, json};

use super::layout::Layout;
use crate::deployer::nginx;
use crate::deployer::stack::{ErrorPage, Maintenance, Page, Site};

/// Pages of errors: those of one status first, for Nginx takes the first that fits. A text gets an internal path.
pub fn errors(site: &Site) -> Vec<Value> {
    let mut pages: Vec<&ErrorPage> = site.error_pages.iter().collect();
    pages.sort_by_key(|page| page.statuses.len());
    let value = |one: &&ErrorPage| {
        let statuses: Vec<String> = one.statuses.iter().map(u16::to_string).collect();
        let own = match &statuses[..] {
            [status] => format!("/.error/{status}"),
            _ => "/.error/50x".to_string(),
        };
        let (path, text) = match &one.page {
            Page::Path(path) => (path, None),
            Page::Text(text) => (&own, Some(text)),
        };
        let kind = text.map(|text| kind(text));
        json!({ "statuses": statuses.join(" "), "status": one.statuses[0], "path": path, "text": text, "type": kind })
    };
    pages.iter().map(value).collect()
}

/// What every visitor reads while somebody works on the site; null if nobody does.
pub fn maintenance(site: &Site) -> Value {
    let page = |Maintenance { text, retry_after }: &Maintenance| json!({ "text": text, "type": kind(text), "retry_after": retry_after });
    site.maintenance.as_ref().map_or(Value::Null, page)
}

/// Paths that lead elsewhere.
pub fn redirects(site: &Site, layout: &Layout) -> Vec<Value> {
    let status = |wanted| if wanted == 308 && layout.nginx < nginx::KEEPS_METHOD { 301 } else { wanted };
    let redirects = site.redirects.iter();
    redirects
        .map(|r| json!({ "path": r.path.value, "target": r.target, "status": status(r.status) }))
        .collect()
}

fn kind(text: &str) -> &'static str {
    if text.trim_start().starts_with('<') { "text/html" } else { "text/plain" }
}
