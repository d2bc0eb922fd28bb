//! What proxies speak to us beside HTTP, as bytes and values.
//!
//! - [`proxy`]: the PROXY header before a connection's first byte: who is behind the proxy.
//! - [`uwsgi`], [`fastcgi`]: requests as variables; [`vars`] is what they have in common.

pub mod fastcgi;
pub mod proxy;
pub mod uwsgi;
pub mod vars;

#[cfg(test)]
mod tests;
