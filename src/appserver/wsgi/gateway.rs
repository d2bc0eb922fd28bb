//! A gateway's variables as PEP 3333 wants them: most are what they should be already.

use super::marshal::Dict;
use crate::appserver::http::Head;
use crate::appserver::protocol::vars::Vars;

/// What of a request is not in its variables, or not as it should be.
pub struct Call<'a> {
    /// The variables.
    pub vars: &'a Vars,
    /// The same as a head.
    pub head: &'a Head,
    /// Where the application is mounted; empty at the root.
    pub script_name: &'a [u8],
    /// The rest of the path, decoded.
    pub path_info: &'a [u8],
    /// Our own name and port, should the gateway not tell.
    pub server: (&'a [u8], &'a [u8]),
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Bytes of the body, if the request has one.
    pub length: Option<u64>,
    /// The header with the id, and the id.
    pub id: (&'a [u8], &'a [u8]),
}

/// Variables that are written by themselves, or not at all.
const OWN: [&[u8]; 11] = [
    b"REQUEST_METHOD",
    b"SCRIPT_NAME",
    b"PATH_INFO",
    b"QUERY_STRING",
    b"REQUEST_URI",
    b"RAW_URI",
    b"SERVER_PROTOCOL",
    b"SERVER_NAME",
    b"SERVER_PORT",
    b"CONTENT_TYPE",
    b"CONTENT_LENGTH",
];
/// Longest name that a key can have.
const MAX_NAME: usize = 255;

/// Writes the environ at the end of `out`.
pub fn write(out: &mut Vec<u8>, call: &Call) {
    let (vars, head) = (call.vars, call.head);
    let told = |name: &str| vars.get(name).filter(|value| !value.is_empty());
    let mut dict = Dict::begin(out);
    dict.key("REQUEST_METHOD").latin1(head.method().as_bytes());
    dict.key("SCRIPT_NAME").latin1(call.script_name);
    dict.key("PATH_INFO").latin1(call.path_info);
    dict.key("QUERY_STRING").latin1(told("QUERY_STRING").unwrap_or_default());
    dict.key("REQUEST_URI").latin1(head.target());
    dict.key("RAW_URI").latin1(head.target());
    dict.key("SERVER_PROTOCOL").latin1(told("SERVER_PROTOCOL").unwrap_or(b"HTTP/1.0"));
    dict.key("SERVER_NAME").latin1(told("SERVER_NAME").unwrap_or(call.server.0));
    dict.key("SERVER_PORT").latin1(told("SERVER_PORT").unwrap_or(call.server.1));
    dict.key("wsgi.url_scheme").latin1(call.scheme.as_bytes());
    if let Some(kind) = told("CONTENT_TYPE") {
        dict.key("CONTENT_TYPE").latin1(kind);
    }
    if let Some(length) = call.length {
        dict.key("CONTENT_LENGTH").latin1(length.to_string().as_bytes());
    }
    for (name, value) in vars.headers() {
        dict.header_key(&name[5..]).latin1(value);
    }
    let is_other = |name: &[u8]| {
        !OWN.contains(&name)
            && !name.starts_with(b"HTTP_")
            // What the server itself promises to an application is not the gateway's to say.
            && !name.starts_with(b"wsgi.")
            && name.len() <= MAX_NAME
    };
    for (name, value) in vars.iter().filter(|(name, _)| is_other(name)) {
        dict.key(str::from_utf8(name).unwrap_or_default()).latin1(value);
    }
    for name in ["REMOTE_ADDR", "REMOTE_PORT"].into_iter().filter(|name| vars.get(name).is_none()) {
        dict.key(name).latin1(b"");
    }
    if !call.id.1.is_empty() {
        dict.header_key(call.id.0).latin1(call.id.1);
    }
    dict.end();
}
