//! The table as a page: what `appserver settings` prints.

use std::fmt::Write as _;

use super::hook::{HOOKS, REFUSED};
use super::section::SECTIONS;
use super::table::{Act, Form, Setting};

/// What stands before the tables.
const HEAD: &str = "\
# Settings

Each setting has a name, for a configuration in Python (`gunicorn.conf.py`) or YAML (`appserver.yml`), and most have an
option. Names, options, defaults and units are Gunicorn's; a `+` marks what Gunicorn lacks. Sources, the weakest first: the
variables `$PORT`, `$WEB_CONCURRENCY`, `$FORWARDED_ALLOW_IPS` and `$SENDFILE`, the configuration, the options in
`$GUNICORN_CMD_ARGS`, those in `$APPSERVER_ARGS`, the command line. `appserver --print-config` shows what they make together.
";

/// The whole table in Markdown.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for section in &SECTIONS {
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## {}\n\n", section.title);
        page.push_str("| setting | option | default | unit | meaning |\n|---|---|---|---|---|\n");
        for setting in section.rows {
            row(&mut page, setting);
        }
    }
    page.push_str(
        "\n## Server Hooks\n\nFunctions of a configuration in Python, in the order of a server's life.\n\n",
    );
    page.push_str("| hook | called |\n|---|---|\n");
    for hook in &HOOKS {
        let _ = writeln!(page, "| `{}({})` | {} |", hook.name, hook.takes, hook.moment);
    }
    for (name, why) in REFUSED {
        let _ = writeln!(page, "| `{name}` | Never: {why} |");
    }
    page
}

fn row(page: &mut String, row: &Setting) {
    let mark = if row.is_ours { " +" } else { "" };
    let long = row.long.iter().map(|long| format!("--{long}"));
    let options: Vec<String> = row.short.map(|short| format!("-{short}")).into_iter().chain(long).collect();
    let value = match row.form {
        Form::None | Form::Switch(_) => String::new(),
        Form::Position(name) => name.into(),
        Form::Value(name) | Form::Values(name) => format!(" {name}"),
        Form::Optional(name, _) => format!(" [{name}]"),
    };
    let option = match format!("{}{value}", options.join(", ")) {
        none if none.is_empty() => none,
        option => code(&option),
    };
    let meaning = match (&row.act, row.differs) {
        (Act::Refused(instead), _) => format!("{}. Not supported: {instead}", row.meaning),
        (_, "") => row.meaning.into(),
        (_, differs) => format!("{}. Unlike Gunicorn's: {differs}", row.meaning),
    };
    let default = code(&row.told_default());
    let cells = [format!("`{}`{mark}", row.name), option, default, row.unit.into(), meaning];
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
