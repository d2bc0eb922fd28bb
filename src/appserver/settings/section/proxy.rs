//! What stands in front of the server, and what it may say.

use axum::http::HeaderName;

use crate::appserver::settings::table::{Act, Form, ROW, Setting};
use crate::appserver::settings::value::Misfit;

/// The rows.
pub const ROWS: [Setting; 9] = [
    Setting {
        name: "forwarded_allow_ips",
        form: Form::Value("NETWORKS"),
        long: &["forwarded-allow-ips"],
        meaning: "Proxies that are believed about their clients: addresses and networks with commas between; * is all",
        default: "127.0.0.1,::1, or $FORWARDED_ALLOW_IPS",
        example: "10.0.0.0/8",
        differs: "a trusted proxy's X-Forwarded-For also gives the address in the access log",
        act: Act::Kept(|s| &mut s.forwarded_allow_ips),
        ..ROW
    },
    Setting {
        name: "secure_scheme_headers",
        meaning: "Headers of such a proxy and the value with which each says that the client came by https",
        example: "X-FORWARDED-PROTO=https",
        act: Act::Kept(|s| &mut s.secure_scheme_headers),
        ..ROW
    },
    Setting {
        name: "forwarder_headers",
        form: Form::Value("NAMES"),
        long: &["forwarder-headers"],
        meaning: "Headers with underscores that such a proxy may send, with commas between",
        example: "REMOTE_USER",
        act: Act::Kept(|s| &mut s.forwarder_headers),
        check: |s| names(&s.forwarder_headers.0),
        ..ROW
    },
    Setting {
        name: "header_map",
        form: Form::Value("WORD"),
        long: &["header-map"],
        meaning: "What becomes of other headers with underscores: drop, refuse or dangerous (passed on)",
        example: "refuse",
        act: Act::Kept(|s| &mut s.header_map),
        ..ROW
    },
    Setting {
        name: "request_id_header",
        form: Form::Value("NAME"),
        long: &["request-id-header"],
        meaning: "The header with the id of a request, like X-Request-ID: taken from a trusted proxy or made, logged, sent back",
        example: "X-Correlation-ID",
        is_ours: true,
        act: Act::Kept(|s| &mut s.request_id_header),
        check: |s| names(Some(&s.request_id_header).filter(|name| !name.is_empty())),
        ..ROW
    },
    Setting {
        name: "proxy_protocol",
        form: Form::Optional("MODE", "auto"),
        long: &["proxy-protocol"],
        meaning: "Whether connections begin with the PROXY protocol: off, v1, v2 or auto",
        example: "v2",
        differs: "forwarded_allow_ips is then about the client it names, not about the proxy",
        act: Act::Kept(|s| &mut s.proxy_protocol),
        ..ROW
    },
    Setting {
        name: "proxy_allow_ips",
        form: Form::Value("NETWORKS"),
        long: &["proxy-allow-from"],
        meaning: "Who may begin a connection so",
        example: "10.0.0.0/8",
        act: Act::Kept(|s| &mut s.proxy_allow_ips),
        ..ROW
    },
    Setting {
        name: "protocol",
        form: Form::Value("WORD"),
        long: &["protocol"],
        meaning: "What is spoken: http, uwsgi (Nginx's uwsgi_pass) or fastcgi (fastcgi_pass)",
        example: "uwsgi",
        differs: "also fastcgi",
        act: Act::Kept(|s| &mut s.protocol),
        ..ROW
    },
    Setting {
        name: "uwsgi_allow_ips",
        form: Form::Value("NETWORKS"),
        long: &["uwsgi-allow-from"],
        meaning: "Who may speak uwsgi or fastcgi",
        example: "10.0.0.0/8",
        act: Act::Kept(|s| &mut s.uwsgi_allow_ips),
        ..ROW
    },
];

fn names<'a>(given: impl IntoIterator<Item = &'a String>) -> Result<(), Misfit> {
    match given.into_iter().find(|name| HeaderName::try_from(name.as_str()).is_err()) {
        Some(_) => Misfit::wanted("names of headers"),
        None => Ok(()),
    }
}
