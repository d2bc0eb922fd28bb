//! What Gunicorn has and this server leaves to others, each with what to use instead.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};

const NO_TLS: &str = "leave it out, and let Nginx in front of this server do TLS";
const NO_HTTP2: &str = "leave it out, and let Nginx in front of this server speak HTTP/2";
const NO_ASGI: &str = "leave it out: only WSGI is served here, not ASGI";
const NO_DIRTY: &str = "leave it out; long work belongs to a task queue, like Celery or RQ";

/// The rows.
pub const ROWS: [Setting; 25] = [
    Setting {
        name: "certfile",
        form: Form::Value("PATH"),
        long: &["certfile"],
        meaning: "A certificate",
        default: "none",
        example: "/etc/site.pem",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "keyfile",
        form: Form::Value("PATH"),
        long: &["keyfile"],
        meaning: "Its key",
        default: "none",
        example: "/etc/site.key",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "ssl_version",
        form: Form::Value("VERSION"),
        long: &["ssl-version"],
        meaning: "A version of TLS",
        default: "2",
        example: "5",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "cert_reqs",
        form: Form::Value("N"),
        long: &["cert-reqs"],
        meaning: "Whether clients show a certificate",
        default: "0",
        example: "2",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "ca_certs",
        form: Form::Value("PATH"),
        long: &["ca-certs"],
        meaning: "Who signs the clients' certificates",
        default: "none",
        example: "/etc/ca.pem",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "suppress_ragged_eofs",
        form: Form::Switch(true),
        long: &["suppress-ragged-eofs"],
        meaning: "An option of TLS",
        default: "true",
        example: "false",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "do_handshake_on_connect",
        form: Form::Switch(true),
        long: &["do-handshake-on-connect"],
        meaning: "An option of TLS",
        default: "false",
        example: "true",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "ciphers",
        form: Form::Value("CIPHERS"),
        long: &["ciphers"],
        meaning: "Ciphers of TLS",
        default: "none",
        example: "HIGH",
        act: Act::Refused(NO_TLS),
        ..ROW
    },
    Setting {
        name: "http_protocols",
        form: Form::Value("WORDS"),
        long: &["http-protocols"],
        meaning: "Versions of HTTP",
        default: "h1",
        example: "h1,h2",
        act: Act::Refused(NO_HTTP2),
        ..ROW
    },
    Setting {
        name: "http2_cleartext",
        form: Form::Value("WORD"),
        long: &["http2-cleartext"],
        meaning: "HTTP/2 without TLS",
        default: "off",
        example: "on",
        act: Act::Refused(NO_HTTP2),
        ..ROW
    },
    Setting {
        name: "http2_max_concurrent_streams",
        form: Form::Value("N"),
        long: &["http2-max-concurrent-streams"],
        meaning: "A limit of HTTP/2",
        default: "100",
        example: "50",
        act: Act::Refused(NO_HTTP2),
        ..ROW
    },
    Setting {
        name: "http2_initial_window_size",
        form: Form::Value("N"),
        long: &["http2-initial-window-size"],
        meaning: "A limit of HTTP/2",
        default: "65535",
        example: "1000",
        act: Act::Refused(NO_HTTP2),
        ..ROW
    },
    Setting {
        name: "http2_max_frame_size",
        form: Form::Value("N"),
        long: &["http2-max-frame-size"],
        meaning: "A limit of HTTP/2",
        default: "16384",
        example: "32768",
        act: Act::Refused(NO_HTTP2),
        ..ROW
    },
    Setting {
        name: "http2_max_header_list_size",
        form: Form::Value("N"),
        long: &["http2-max-header-list-size"],
        meaning: "A limit of HTTP/2",
        default: "65536",
        example: "1000",
        act: Act::Refused(NO_HTTP2),
        ..ROW
    },
    Setting {
        name: "asgi_loop",
        form: Form::Value("WORD"),
        long: &["asgi-loop"],
        meaning: "The event loop of ASGI",
        default: "auto",
        example: "uvloop",
        act: Act::Refused(NO_ASGI),
        ..ROW
    },
    Setting {
        name: "asgi_lifespan",
        form: Form::Value("WORD"),
        long: &["asgi-lifespan"],
        meaning: "The life of an ASGI application",
        default: "auto",
        example: "off",
        act: Act::Refused(NO_ASGI),
        ..ROW
    },
    Setting {
        name: "asgi_disconnect_grace_period",
        form: Form::Value("SECONDS"),
        long: &["asgi-disconnect-grace-period"],
        meaning: "A time of ASGI",
        default: "3",
        example: "5",
        act: Act::Refused(NO_ASGI),
        ..ROW
    },
    Setting {
        name: "websocket_max_message_size",
        form: Form::Value("N"),
        long: &["websocket-max-message-size"],
        meaning: "A limit of ASGI",
        default: "16777216",
        example: "1000",
        act: Act::Refused(NO_ASGI),
        ..ROW
    },
    Setting {
        name: "root_path",
        form: Form::Value("PATH"),
        long: &["root-path"],
        meaning: "The prefix of an ASGI application",
        default: "none",
        example: "/shop",
        act: Act::Refused("use `mount`, the prefix of a WSGI application"),
        ..ROW
    },
    Setting {
        name: "http_parser",
        form: Form::Value("WORD"),
        long: &["http-parser"],
        meaning: "Who reads HTTP",
        default: "auto",
        example: "fast",
        act: Act::Refused("leave it out: requests are read by this program itself"),
        ..ROW
    },
    Setting {
        name: "dirty_apps",
        form: Form::Values("APP"),
        long: &["dirty-app"],
        meaning: "An application for long work",
        default: "none",
        example: "site:work",
        act: Act::Refused(NO_DIRTY),
        ..ROW
    },
    Setting {
        name: "dirty_workers",
        form: Form::Value("N"),
        long: &["dirty-workers"],
        meaning: "Processes for long work",
        default: "0",
        example: "2",
        act: Act::Refused(NO_DIRTY),
        ..ROW
    },
    Setting {
        name: "dirty_timeout",
        form: Form::Value("SECONDS"),
        long: &["dirty-timeout"],
        meaning: "A time of theirs",
        default: "300",
        example: "60",
        act: Act::Refused(NO_DIRTY),
        ..ROW
    },
    Setting {
        name: "dirty_threads",
        form: Form::Value("N"),
        long: &["dirty-threads"],
        meaning: "Threads of theirs",
        default: "1",
        example: "2",
        act: Act::Refused(NO_DIRTY),
        ..ROW
    },
    Setting {
        name: "dirty_graceful_timeout",
        form: Form::Value("SECONDS"),
        long: &["dirty-graceful-timeout"],
        meaning: "A time of theirs",
        default: "30",
        example: "60",
        act: Act::Refused(NO_DIRTY),
        ..ROW
    },
];
