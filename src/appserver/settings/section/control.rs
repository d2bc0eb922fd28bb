//! The socket that answers questions and takes orders while the server runs.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};

/// The rows.
pub const ROWS: [Setting; 3] = [
    Setting {
        name: "control_socket",
        form: Form::Value("PATH"),
        long: &["control-socket"],
        meaning: "The socket where `appserver status`, `reload`, `scale` and `stop` reach the server",
        default: "appserver-PID.sock in $RUNTIME_DIRECTORY, else beside the pid file, else in $XDG_RUNTIME_DIR",
        example: "/run/site/control.sock",
        differs: "never in a home folder",
        act: Act::Kept(|s| &mut s.control_socket),
        ..ROW
    },
    Setting {
        name: "control_socket_mode",
        form: Form::Value("MODE"),
        long: &["control-socket-mode"],
        meaning: "Its mode, octal like 0660",
        example: "0660",
        act: Act::Kept(|s| &mut s.control_socket_mode),
        ..ROW
    },
    Setting {
        name: "control_socket_disable",
        form: Form::Switch(true),
        long: &["no-control-socket"],
        meaning: "Make none",
        example: "true",
        act: Act::Kept(|s| &mut s.control_socket_disable),
        ..ROW
    },
];
