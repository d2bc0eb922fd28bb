//! A request as PEP 3333 wants it, in marshal's format.
//! Rules: <https://peps.python.org/pep-3333/#environ-variables>

use super::marshal::Dict;
use crate::appserver::http::Head;

/// What of a request is not in its head.
pub struct Call<'a> {
    /// Its head.
    pub head: &'a Head,
    /// Where the application is mounted, decoded; empty at the root.
    pub script_name: &'a [u8],
    /// The rest of the path, decoded.
    pub path_info: &'a [u8],
    /// The client's address; empty if unknown.
    pub remote: &'a str,
    /// The client's port; empty if unknown.
    pub remote_port: &'a str,
    /// Our own name or address.
    pub server: &'a [u8],
    /// Our own port.
    pub server_port: &'a [u8],
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Bytes of the body, if the request has one.
    pub length: Option<u64>,
    /// Whether a header goes on to the application.
    pub passes: &'a dyn Fn(&[u8]) -> bool,
    /// The header with the id, and the id; empty if there is none.
    pub id: (&'a [u8], &'a [u8]),
}

/// Headers that never become `HTTP_…`: two have names of their own, one would be taken for a variable of the environment
/// that names a proxy (httpoxy), one describes a body that is whole by now.
const OWN: [&str; 4] = ["content-type", "content-length", "proxy", "transfer-encoding"];

/// Writes the environ at the end of `out`.
pub fn write(out: &mut Vec<u8>, call: &Call) {
    let head = call.head;
    let mut dict = Dict::begin(out);
    dict.key("REQUEST_METHOD").latin1(head.method().as_bytes());
    dict.key("SCRIPT_NAME").latin1(call.script_name);
    dict.key("PATH_INFO").latin1(call.path_info);
    dict.key("QUERY_STRING").latin1(head.query());
    dict.key("RAW_URI").latin1(head.target());
    dict.key("REQUEST_URI").latin1(head.target());
    dict.key("SERVER_PROTOCOL").latin1(head.version().as_str().as_bytes());
    dict.key("SERVER_NAME").latin1(call.server);
    dict.key("SERVER_PORT").latin1(call.server_port);
    dict.key("REMOTE_ADDR").latin1(call.remote.as_bytes());
    dict.key("REMOTE_PORT").latin1(call.remote_port.as_bytes());
    dict.key("wsgi.url_scheme").latin1(call.scheme.as_bytes());
    if let Some(kind) = head.field("content-type") {
        dict.key("CONTENT_TYPE").latin1(kind);
    }
    if let Some(length) = call.length {
        dict.key("CONTENT_LENGTH").latin1(length.to_string().as_bytes());
    }
    headers(&mut dict, call);
    // Of a key that is written twice the last one counts: each of these replaces what the client said.
    if let Some(host) = head.host().filter(|_| head.is_absolute()) {
        dict.header_key(b"host").latin1(host);
    }
    if !call.id.1.is_empty() {
        dict.header_key(call.id.0).latin1(call.id.1);
    }
    dict.end();
}

fn headers(dict: &mut Dict, call: &Call) {
    let fields = || call.head.fields();
    for (at, (name, value)) in fields().enumerate() {
        if is_own(name) || (name.contains(&b'_') && !(call.passes)(name)) {
            continue;
        }
        let same = |(other, _): &(&[u8], &[u8])| other.eq_ignore_ascii_case(name);
        if fields().take(at).any(|field| same(&field)) {
            continue;
        }
        let mut more = fields().skip(at + 1).filter(same).peekable();
        dict.header_key(name);
        if more.peek().is_none() {
            dict.latin1(value);
        } else {
            let between: &[u8] = if name.eq_ignore_ascii_case(b"cookie") { b"; " } else { b"," };
            let mut joined = value.to_vec();
            for (_, value) in more {
                joined.extend_from_slice(between);
                joined.extend_from_slice(value);
            }
            dict.latin1(&joined);
        }
    }
}

fn is_own(name: &[u8]) -> bool {
    let is = |own: &str| {
        name.len() == own.len()
            && name.iter().zip(own.bytes()).all(|(byte, other)| match byte {
                b'_' => other == b'-',
                byte => byte.to_ascii_lowercase() == other,
            })
    };
    OWN.into_iter().any(is)
}
