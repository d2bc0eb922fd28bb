//! What is believed of what peers say: about their clients, and about themselves.

use axum::http::HeaderName;

use super::id::{Id, Ids};
use super::request::Peer;
use crate::appserver::http::{Head, Refusal};
use crate::appserver::protocol::proxy::Mode;
use crate::appserver::settings::Settings;
use crate::appserver::settings::network::Networks;
use crate::appserver::settings::word::{HeaderMap, Protocol, ProxyProtocol};

/// The header that carries ids where only logs want them.
const USUAL_HEADER: &str = "x-request-id";

/// Who may say what. A peer on a socket file may say everything: who reaches the file was let in.
pub struct Policy {
    /// The header that connections begin with, if they do.
    pub proxy: Option<Mode>,
    /// What is spoken.
    pub protocol: Protocol,
    /// Where ids of requests come from; none: nobody but the logs gets ids.
    pub ids: Option<Ids>,
    /// Where those come from that are for the logs alone.
    logged: Option<Ids>,
    trusted: Networks,
    proxies: Networks,
    gateways: Networks,
    /// In capitals.
    forwarder_headers: Vec<String>,
    header_map: HeaderMap,
    /// Headers, and the value with which each says that the client came by https.
    secure_headers: Vec<(String, String)>,
}

impl Policy {
    /// What settings say of it.
    pub fn of(settings: &Settings) -> Self {
        let proxy = match settings.proxy_protocol {
            ProxyProtocol::Off => None,
            ProxyProtocol::V1 => Some(Mode::V1),
            ProxyProtocol::V2 => Some(Mode::V2),
            ProxyProtocol::Auto => Some(Mode::Auto),
        };
        let capitals = |name: &String| name.to_ascii_uppercase();
        Self {
            proxy,
            protocol: settings.protocol,
            ids: HeaderName::try_from(settings.request_id_header.as_str()).ok().map(Ids::of),
            logged: settings.access_log_json.then(|| Ids::of(HeaderName::from_static(USUAL_HEADER))),
            trusted: settings.forwarded_allow_ips.clone(),
            proxies: settings.proxy_allow_ips.clone(),
            gateways: settings.uwsgi_allow_ips.clone(),
            forwarder_headers: settings.forwarder_headers.0.iter().map(capitals).collect(),
            header_map: settings.header_map,
            secure_headers: settings.secure_scheme_headers.clone().into_iter().collect(),
        }
    }

    /// Whether a peer is believed what its headers say of its client.
    pub fn trusts(&self, peer: Peer) -> bool {
        is_among(&self.trusted, peer)
    }

    /// Whether a peer may begin its connections with a PROXY header.
    pub fn lets_proxy(&self, peer: Peer) -> bool {
        is_among(&self.proxies, peer)
    }

    /// Whether a peer may speak uwsgi or FastCGI.
    pub fn lets_speak(&self, peer: Peer) -> bool {
        is_among(&self.gateways, peer)
    }

    /// The id of a request.
    pub fn id(&self, head: &Head, is_trusted: bool) -> Id {
        self.ids.as_ref().or(self.logged.as_ref()).map_or(Id::None, |ids| ids.of_request(head, is_trusted))
    }

    /// The header of ids and an id, as applications and clients get them; empty if they get none.
    pub fn told<'a>(&'a self, id: &'a Id) -> (&'a [u8], &'a [u8]) {
        self.ids.as_ref().map_or((b"", b""), |ids| (ids.header.as_str().as_bytes(), id.as_bytes()))
    }

    /// Whether a header goes on to the application. One whose `_` could be taken for another's `-` does so only by
    /// name, and only from who is trusted.
    pub fn passes(&self, name: &[u8], is_trusted: bool) -> bool {
        !name.contains(&b'_')
            || self.header_map == HeaderMap::Dangerous
            || (is_trusted
                && self.forwarder_headers.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())))
    }

    /// What who is trusted says by a header that only such a peer may send.
    pub fn forwarded<'a>(&self, head: &'a Head, name: &str, is_trusted: bool) -> Option<&'a [u8]> {
        let is_known = is_trusted && self.forwarder_headers.iter().any(|known| known == name);
        is_known.then(|| head.field(name)).flatten()
    }

    /// The scheme by which the client came, as far as who is trusted says so. Errors: headers that must not come, or that
    /// contradict each other.
    pub fn scheme(&self, head: &Head, is_trusted: bool) -> Result<&'static str, Refusal> {
        if self.header_map == HeaderMap::Refuse
            && !head.fields().all(|(name, _)| self.passes(name, is_trusted))
        {
            return Err(Refusal::Underscore);
        }
        let said = self.secure_headers.iter().filter(|_| is_trusted).flat_map(|(name, secure)| {
            let lines = head.fields().filter(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
            lines.map(|(_, value)| value.eq_ignore_ascii_case(secure.as_bytes()))
        });
        match said.fold((false, false), |(yes, no), is_secure| (yes | is_secure, no | !is_secure)) {
            (true, true) => Err(Refusal::Scheme),
            (true, false) => Ok("https"),
            _ => Ok("http"),
        }
    }
}

fn is_among(networks: &Networks, peer: Peer) -> bool {
    match peer {
        Peer::Ip(address) => networks.contains(address.ip()),
        Peer::Local => true,
    }
}
