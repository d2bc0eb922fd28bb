//! From which version on Nginx can do something: what a host's configuration may say.
//! Source: <https://nginx.org/en/CHANGES>

/// A version: 1.22.1 is `[1, 22, 1]`.
pub type Version = [u32; 3];

/// `ssl_session_tickets` can be switched off.
pub const TICKETS: Version = [1, 5, 9];
/// The PROXY protocol as a word of `listen`.
pub const PROXY_PROTOCOL: Version = [1, 5, 12];
/// An upstream's server is chosen by a value of the request, `hash`.
pub const HASH: Version = [1, 7, 2];
/// `add_header … always`.
pub const ALWAYS: Version = [1, 7, 5];
/// Workers share what they know of an upstream, `zone`.
pub const ZONE: Version = [1, 9, 0];
/// HTTP/2 as a word of `listen`.
pub const HTTP2_WORD: Version = [1, 9, 5];
/// The peer's own address is known when another one was believed, `$realip_remote_addr`.
pub const PEER: Version = [1, 9, 7];
/// No request is sent a second time that might then be done twice.
pub const SAFE_RETRY: Version = [1, 9, 13];
/// `log_format … escape=json`.
pub const JSON: Version = [1, 11, 8];
/// TLS 1.3, and several curves of one's choice.
pub const TLS13: Version = [1, 13, 0];
/// `return 308`, by which a redirected request keeps its method.
pub const KEEPS_METHOD: Version = [1, 13, 0];
/// A silent upstream is asked whether it is still there, `proxy_socket_keepalive`.
pub const SOCKET_KEEPALIVE: Version = [1, 15, 6];
/// Strangers are refused before a certificate is shown, `ssl_reject_handshake`.
pub const REJECT_HANDSHAKE: Version = [1, 19, 4];
/// The keys of session tickets change by themselves, so that tickets are no danger.
pub const TICKET_KEYS_CHANGE: Version = [1, 23, 2];
/// HTTP/2 as a directive of its own, `http2 on`.
pub const HTTP2_DIRECTIVE: Version = [1, 25, 1];
