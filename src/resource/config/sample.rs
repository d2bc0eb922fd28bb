//! Files for tests.

use super::{Config, Init, Mode, Part};

/// A file that is all ours, and what loads it.
pub fn file(path: &str, load: &str) -> Config {
    Config {
        path: path.into(),
        content: "drop\n".into(),
        part: Part::Whole,
        mode: Mode(0o644),
        validate: Vec::new(),
        load: words(load),
        unload: Vec::new(),
        loaded: Vec::new(),
        confirm: None,
        init: Init::Systemd,
    }
}

/// A command line without quotes.
pub fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_string).collect()
}
