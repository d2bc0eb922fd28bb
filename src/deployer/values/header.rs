//! The headers of a site's answers as templates see them: each is there once, whoever sets it.

use serde_json::{Value, json};

use crate::deployer::stack::Site;

/// Who may show a page within one of theirs, unless an app says otherwise. What to tell others of a page's address
/// (`Referrer-Policy`) needs no word: browsers do the same unasked.
const FRAMES: (&str, &str) = ("X-Frame-Options", "SAMEORIGIN");

/// It has no other value that an app could want.
const NOSNIFF: (&str, &str) = ("X-Content-Type-Options", "nosniff");

/// The headers that the site itself sets on every answer, whatever an app says.
pub fn fixed(site: &Site) -> Vec<Value> {
    let hsts = site.tls.as_ref().and_then(|tls| Some(("Strict-Transport-Security", tls.hsts.as_deref()?)));
    let own = site.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    hsts.into_iter().chain(own).map(header).collect()
}

fn header((name, value): (&str, &str)) -> Value {
    json!({ "name": name, "value": value })
}

/// The headers of every answer of a host, in three kinds.
pub fn values(site: &Site, host: &str) -> Value {
    let own = |name: &str| site.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    // A site that balances shows who answered behind it, and is named itself only where it answers alone.
    let served_by = site.balance.is_none().then(|| header(("X-Served-By", host)));
    let nosniff = (site.security_headers && !own(NOSNIFF.0)).then(|| header(NOSNIFF));
    let frames = (site.security_headers && !own(FRAMES.0)).then(|| header(FRAMES));
    json!({
        // The site's count: an app's own of that name are taken away.
        "fixed": served_by.into_iter().chain(nosniff).chain(fixed(site)).collect::<Vec<_>>(),
        // An app's own counts.
        "frames": frames,
        // How long files may be kept.
        "cache": !own("Cache-Control"),
    })
}
