//! A request that is whole, and who asked.

use std::net::SocketAddr;
use std::sync::Arc;

use super::body::Body;
use super::id::Id;
use crate::appserver::http::Head;
use crate::appserver::protocol::vars::Vars;

/// A whole request.
pub struct Request {
    /// Its head; one made of its variables if it came through a gateway.
    pub head: Arc<Head>,
    /// Its variables, if it came through a gateway.
    pub vars: Option<Vars>,
    /// Its body.
    pub body: Body,
    /// Who asked.
    pub remote: Arc<Remote>,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Its id.
    pub id: Id,
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
#[derive(Clone, Debug)]
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
        let (address, port) = texts(peer);
        let (server, server_port) = texts(local);
        Self { address, port, server, server_port, is_trusted }
    }

    /// The same connection, made for a client that its peer names; whether that one is trusted is another question.
    pub fn behind(&self, client: SocketAddr, is_trusted: bool) -> Self {
        let (address, port) = texts(Some(client));
        Self { address, port, is_trusted, ..self.clone() }
    }

    /// The same connection as a gateway tells of it. Its client's headers are not the gateway's word.
    pub fn told(&self, vars: &Vars) -> Self {
        let text = |name: &str| vars.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
        Self {
            address: text("REMOTE_ADDR").unwrap_or_default(),
            port: text("REMOTE_PORT").unwrap_or_default(),
            is_trusted: false,
            ..self.clone()
        }
    }

    /// The client behind a proxy that is believed (the last hop it added), else the peer itself; empty if unknown.
    pub fn client<'a>(&'a self, head: &'a Head) -> &'a str {
        let forwarded = self.is_trusted.then(|| head.last_field("x-forwarded-for")).flatten();
        let last =
            forwarded.and_then(|list| str::from_utf8(list).ok()).and_then(|list| list.rsplit(',').next());
        last.map(str::trim).filter(|hop| hop.parse::<std::net::IpAddr>().is_ok()).unwrap_or(&self.address)
    }
}

/// Address and port; empty if there are none.
fn texts(end: Option<SocketAddr>) -> (String, String) {
    end.map_or_else(Default::default, |end| (end.ip().to_canonical().to_string(), end.port().to_string()))
}
