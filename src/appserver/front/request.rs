//! A request that is whole, and who asked.

use std::net::SocketAddr;
use std::sync::Arc;

use super::body::Body;
use crate::appserver::http::Head;

/// A whole request.
pub struct Request {
    /// Its head.
    pub head: Arc<Head>,
    /// Its body.
    pub body: Body,
    /// Who asked.
    pub remote: Arc<Remote>,
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address.
    Ip(SocketAddr),
    /// A process of this host, by a socket file.
    Local,
}

/// The client as applications and logs see it, and our own side.
#[derive(Debug)]
pub struct Remote {
    /// Its address; empty if unknown.
    pub address: String,
    /// Its port; empty if unknown.
    pub port: String,
    /// Our own address; empty if it is a socket file.
    pub server: String,
    /// Our own port; empty if it is a socket file.
    pub server_port: String,
    /// Whether the peer is believed what it says about its own clients.
    pub is_trusted: bool,
}

impl Remote {
    /// What the two ends of a connection say.
    pub fn of(peer: Peer, local: Option<SocketAddr>, is_trusted: bool) -> Self {
        let peer = match peer {
            Peer::Ip(address) => Some(address),
            Peer::Local => None,
        };
        let address =
            |end: Option<SocketAddr>| end.map_or(String::new(), |end| end.ip().to_canonical().to_string());
        let port = |end: Option<SocketAddr>| end.map_or(String::new(), |end| end.port().to_string());
        Self {
            address: address(peer),
            port: port(peer),
            server: address(local),
            server_port: port(local),
            is_trusted,
        }
    }

    /// The client behind a proxy that is believed (the last hop it added), else the peer itself; empty if unknown.
    pub fn client<'a>(&'a self, head: &'a Head) -> &'a str {
        let forwarded = head.field("x-forwarded-for").filter(|_| self.is_trusted);
        let last =
            forwarded.and_then(|list| str::from_utf8(list).ok()).and_then(|list| list.rsplit(',').next());
        last.map(str::trim).filter(|hop| hop.parse::<std::net::IpAddr>().is_ok()).unwrap_or(&self.address)
    }
}
