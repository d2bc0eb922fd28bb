//! Where to listen.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};

/// The rows.
pub const ROWS: [Setting; 4] = [
    Setting {
        name: "bind",
        form: Form::Values("ADDRESS"),
        long: &["bind"],
        short: Some('b'),
        meaning: "Where to listen: HOST, HOST:PORT, :PORT, [::1]:PORT, unix:PATH or fd://N; may be repeated",
        default: "127.0.0.1:8000, or 0.0.0.0:$PORT",
        example: "127.0.0.1:9000",
        differs: "names of hosts are not looked up, `localhost` excepted",
        act: Act::Kept(|s| &mut s.bind),
        ..ROW
    },
    Setting {
        name: "backlog",
        form: Form::Value("N"),
        long: &["backlog"],
        meaning: "How many connections may wait to be accepted",
        unit: "connections",
        example: "512",
        limits: 1..=i32::MAX as u64,
        act: Act::Kept(|s| &mut s.backlog),
        ..ROW
    },
    Setting {
        name: "reuse_port",
        form: Form::Switch(true),
        long: &["reuse-port"],
        meaning: "Give each worker a socket of its own at the same address (SO_REUSEPORT)",
        example: "true",
        act: Act::Kept(|s| &mut s.reuse_port),
        ..ROW
    },
    Setting {
        name: "metrics_bind",
        form: Form::Value("ADDRESS"),
        long: &["metrics-bind"],
        meaning: "Where /metrics (for Prometheus) and /health answer, apart from the application",
        example: "127.0.0.1:9100",
        is_ours: true,
        act: Act::Kept(|s| &mut s.metrics_bind),
        ..ROW
    },
];
