//! One line of options (the command line, or a variable that holds one), read with the table of settings.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value as Json;

use super::settings::section::{SECTIONS, row, rows};
use super::settings::table::{Form, Setting};
use crate::base::diagnostic::{Diagnostic, did_you_mean};

/// What a line asks for.
#[derive(Debug)]
pub enum Line {
    /// A text to print: the help or the version.
    Text(String),
    /// To run with the settings given; the application is one of them.
    Run(Vec<(&'static Setting, Json)>),
}

/// Reads a line (the program's name first). Errors are those of the user's input.
pub fn read(args: &[OsString]) -> Result<Line, Diagnostic> {
    let matches = match command().try_get_matches_from(joined(args)) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => return Ok(Line::Text(error.to_string())),
        Err(error) => return Err(told(&error)),
    };
    if matches.get_flag("version") {
        return Ok(Line::Text(format!("appserver {}\n", env!("CARGO_PKG_VERSION"))));
    }
    Ok(Line::Run(rows().filter_map(|row| Some((row, value(&matches, row)?))).collect()))
}

/// What the line gives a setting.
fn value(matches: &ArgMatches, row: &Setting) -> Option<Json> {
    match row.form {
        Form::None => None,
        Form::Position(_) => matches.get_one::<String>(row.name).cloned().map(Json::from),
        Form::Switch(means) => matches.get_flag(row.name).then(|| means.into()),
        Form::Value(_) | Form::Optional(..) => matches.get_one::<String>(row.name).cloned().map(Json::from),
        Form::Values(_) => matches.get_many::<String>(row.name).map(|all| all.cloned().collect()),
    }
}

/// The same line, with the value of an option that can do without tied to it: what follows such an option is its
/// value only if it is one of its words.
fn joined(args: &[OsString]) -> Vec<OsString> {
    let is_optional =
        |arg: &OsString| rows().any(|row| matches!(row.form, Form::Optional(..)) && *arg == *row.option());
    let is_word =
        |arg: &OsString| ["off", "v1", "v2", "auto"].iter().any(|word| arg.eq_ignore_ascii_case(word));
    let mut line: Vec<OsString> = Vec::with_capacity(args.len());
    for arg in args {
        match line.last_mut() {
            Some(last) if is_optional(last) && is_word(arg) => {
                last.push("=");
                last.push(arg);
            }
            _ => line.push(arg.clone()),
        }
    }
    line
}

fn command() -> Command {
    let mut command = Command::new("appserver")
        .about("Serves an application over HTTP/1.1 with supervised worker processes.")
        .override_usage("appserver [OPTIONS] APP\n       appserver settings\n       appserver status|reload|scale N|stop")
        .after_help(concat!(
            "Settings marked + are not Gunicorn's. `appserver settings` explains all of them.\n",
            "`appserver status --help` tells how a server that runs is asked. An application with the name of such a word \
             is served by `appserver -- status`.\n",
            "Exits with 2 if what it was given is wrong, 3 if a hook of the configuration failed before it served, and 4 if \
             the application could not be loaded."
        ))
        .args_override_self(true);
    for section in &SECTIONS {
        let args = section.rows.iter().filter(|row| row.form != Form::None).map(arg);
        command = command.next_help_heading(section.title).args(args);
    }
    command.next_help_heading(None::<&str>).arg(
        Arg::new("version").short('v').long("version").action(ArgAction::SetTrue).help("Print the version"),
    )
}

fn arg(row: &'static Setting) -> Arg {
    let mark = if row.is_ours { "+ " } else { "" };
    let default = match (row.form, row.told_default().as_str()) {
        (Form::Switch(_) | Form::Position(_), _) | (_, "none") => String::new(),
        (_, told) => format!(" [default: {told}]"),
    };
    let arg = Arg::new(row.name)
        .long(row.long.first().copied())
        .short(row.short)
        .visible_aliases(row.long.iter().skip(1))
        .hide(row.is_refused())
        .help(StyledStr::from(format!("{mark}{}{default}", row.meaning)));
    match row.form {
        Form::None => arg,
        Form::Position(name) => arg.value_name(name),
        Form::Switch(_) => arg.action(ArgAction::SetTrue),
        Form::Value(name) => arg.value_name(name).allow_hyphen_values(true),
        Form::Values(name) => arg.value_name(name).allow_hyphen_values(true).action(ArgAction::Append),
        Form::Optional(name, missing) => {
            arg.value_name(name).num_args(0..=1).require_equals(true).default_missing_value(missing)
        }
    }
}

/// A complaint of the parser in our own words.
fn told(error: &clap::Error) -> Diagnostic {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let typed = context(ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if typed.starts_with('-') => unknown(&typed),
        ErrorKind::UnknownArgument => Diagnostic::error(format!("more than one application: `{typed}`"))
            .fix("`appserver [OPTIONS] APP`"),
        ErrorKind::InvalidValue => {
            Diagnostic::error(format!("`{typed}` needs a value")).fix("`appserver --help` lists all options")
        }
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Diagnostic::error(line.trim_start_matches("error: ")).fix("`appserver --help` lists all options")
        }
    }
}

fn unknown(typed: &str) -> Diagnostic {
    let wrong = Diagnostic::error(format!("unknown option `{typed}`"));
    // Somebody may type what a configuration calls it.
    let name = typed.trim_start_matches('-').replace('-', "_");
    if let Some(row) = row(&name).filter(|row| !row.long.is_empty()) {
        return wrong.fix(format!("did you mean `{}`?", row.option()));
    }
    let options: Vec<String> =
        rows().flat_map(|row| row.long).chain(&["version"]).map(|long| format!("--{long}")).collect();
    match did_you_mean(typed, options.iter().map(String::as_str)) {
        Some(word) => wrong.fix(format!("did you mean `{word}`?")),
        None => wrong.fix("`appserver --help` lists all options"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<Line, String> {
        let args: Vec<OsString> =
            format!("appserver {line}").split_whitespace().map(OsString::from).collect();
        read(&args).map_err(|e| e.to_string())
    }

    fn given(line: &str) -> Vec<(&'static str, Json)> {
        match read_line(line).unwrap() {
            Line::Run(given) => given.into_iter().map(|(row, value)| (row.name, value)).collect(),
            Line::Text(text) => panic!("{text}"),
        }
    }

    #[test]
    fn a_line_gives_the_settings_it_names_and_no_others() {
        assert_eq!(
            given("-w 2 -b :81 -b unix:a --no-sendfile --reload app:make"),
            [
                ("wsgi_app", "app:make".into()),
                ("bind", [":81", "unix:a"].as_slice().into()),
                ("workers", "2".into()),
                ("sendfile", false.into()),
                ("reload", true.into()),
            ]
        );
        assert_eq!(given(""), []);
        assert_eq!(given("-w 2 -w 3"), [("workers", "3".into())]);
        assert_eq!(given("--log-file a"), [("errorlog", "a".into())]);
    }

    #[test]
    fn an_option_that_can_do_without_a_value_does_not_eat_the_application() {
        let is = |mode: &str| vec![("wsgi_app", "app".into()), ("proxy_protocol", mode.into())];
        assert_eq!(given("--proxy-protocol app"), is("auto"));
        assert_eq!(given("--proxy-protocol v2 app"), is("v2"));
        assert_eq!(given("--proxy-protocol=v1 app"), is("v1"));
    }

    #[test]
    fn a_wrong_line_is_told_in_our_words() {
        let said = |line: &str| read_line(line).unwrap_err();
        assert_eq!(said("--bnd :80 @a"), "error: unknown option `--bnd`\n  = fix: did you mean `--bind`?");
        assert_eq!(
            said("--pidfile x @a"),
            "error: unknown option `--pidfile`\n  = fix: did you mean `--pid`?"
        );
        assert_eq!(
            said("@a @b"),
            "error: more than one application: `@b`\n  = fix: `appserver [OPTIONS] APP`"
        );
        assert_eq!(
            said("@a --bind"),
            "error: `--bind <ADDRESS>` needs a value\n  = fix: `appserver --help` lists all options"
        );
    }
}
