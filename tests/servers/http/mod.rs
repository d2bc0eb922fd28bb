//! HTTP/1.1 at the wire: bytes to a real server, for a native and for a Python application.

mod body;
mod close;
mod forward;
mod limit;
mod mount;
mod pipeline;
mod reject;
mod slash;
mod slow;
