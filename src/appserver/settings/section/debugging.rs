//! For those who write the application.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};

/// The rows.
pub const ROWS: [Setting; 4] = [
    Setting {
        name: "reload",
        form: Form::Switch(true),
        long: &["reload"],
        meaning: "Replace the workers when the application's code changes",
        example: "true",
        act: Act::Kept(|s| &mut s.reload),
        ..ROW
    },
    Setting {
        name: "reload_engine",
        form: Form::Value("WORD"),
        long: &["reload-engine"],
        meaning: "How a change is noticed: auto, poll or inotify",
        example: "poll",
        differs: "looks at the files once a second, whatever is named",
        act: Act::Kept(|s| &mut s.reload_engine),
        ..ROW
    },
    Setting {
        name: "reload_extra_files",
        form: Form::Values("PATH"),
        long: &["reload-extra-file"],
        meaning: "What else to watch, a path or a pattern; may be repeated",
        example: "templates/*.html",
        act: Act::Kept(|s| &mut s.reload_extra_files),
        ..ROW
    },
    Setting {
        name: "spew",
        form: Form::Switch(true),
        long: &["spew"],
        meaning: "Print every line that runs",
        default: "false",
        example: "true",
        act: Act::Refused("leave it out; `python3 -m trace --trace` runs a module so"),
        ..ROW
    },
];
