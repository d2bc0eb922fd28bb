//! What proxies send, as bytes.

mod fastcgi;
mod property;
mod proxy;
mod uwsgi;
