//! The rows of the table, a file a section, in the order of the help.

mod application;
mod control;
mod debugging;
mod elsewhere;
mod limit;
mod logging;
mod mechanics;
mod proxy;
mod python;
mod socket;

mod unconventional;
mod worker;

pub use self::worker::MOST_WORKERS;
use super::table::Setting;

/// Rows that belong together.
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// The rows.
    pub rows: &'static [Setting],
}

/// All settings.
pub const SECTIONS: [Section; 12] = [
    Section { title: "Application", rows: &application::ROWS },
    Section { title: "Server Socket", rows: &socket::ROWS },
    Section { title: "Worker Processes", rows: &worker::ROWS },
    Section { title: "Python", rows: &python::ROWS },
    Section { title: "Security", rows: &limit::ROWS },
    Section { title: "Proxies and Protocols", rows: &proxy::ROWS },
    Section { title: "Unconventional HTTP", rows: &unconventional::ROWS },
    Section { title: "Server Mechanics", rows: &mechanics::ROWS },
    Section { title: "Logging and Figures", rows: &logging::ROWS },
    Section { title: "Control", rows: &control::ROWS },
    Section { title: "Debugging", rows: &debugging::ROWS },
    Section { title: "Not Supported", rows: &elsewhere::ROWS },
];

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.rows)
}

/// The row of a name.
pub fn row(name: &str) -> Option<&'static Setting> {
    rows().find(|row| row.name == name)
}
