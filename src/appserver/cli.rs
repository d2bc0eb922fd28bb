//! The command line, made from the table of settings.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::settings::{Settings, TABLE};
use crate::base::diagnostic::{Diagnostic, did_you_mean};

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// A text to print: the help or the version.
    Text(String),
    /// Read the settings and load the application, then leave.
    Check(Settings),
    /// Serve.
    Serve(Settings),
}

/// Reads the arguments (the program's name first); `environment` answers `PORT` and `WEB_CONCURRENCY`.
/// Errors are those of the user's input.
pub fn parse(args: &[OsString], environment: impl Fn(&str) -> Option<String>) -> Result<Asked, Diagnostic> {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => return Ok(Asked::Text(error.to_string())),
        Err(error) => return Err(told(&error)),
    };
    if matches.get_flag("version") {
        return Ok(Asked::Text(format!("appserver {}\n", env!("CARGO_PKG_VERSION"))));
    }
    let settings = settings(&matches, environment)?;
    Ok(if matches.get_flag("check-config") { Asked::Check(settings) } else { Asked::Serve(settings) })
}

fn settings(
    matches: &ArgMatches,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Diagnostic> {
    let mut settings = Settings::default();
    let typed = |name: &str| matches.contains_id(name);
    if let Some(count) = environment("WEB_CONCURRENCY").filter(|_| !typed("workers")) {
        set(&mut settings, "workers", &count).map_err(|e| e.note("from", "$WEB_CONCURRENCY"))?;
    }
    for row in &TABLE {
        for value in matches.get_many::<String>(row.name).into_iter().flatten() {
            (row.set)(&mut settings, value)?;
        }
    }
    if let Some(port) = environment("PORT").filter(|_| !typed("bind")) {
        set(&mut settings, "bind", &format!("0.0.0.0:{port}")).map_err(|e| e.note("from", "$PORT"))?;
    }
    settings.app = matches.get_one::<String>("app").cloned().ok_or_else(|| {
        Diagnostic::error("no application is named").fix("`appserver [OPTIONS] APP`, like `appserver @hbnb`")
    })?;
    Ok(settings)
}

fn set(settings: &mut Settings, name: &str, value: &str) -> Result<(), Diagnostic> {
    match TABLE.iter().find(|row| row.name == name) {
        Some(row) => (row.set)(settings, value),
        None => Ok(()),
    }
}

fn command() -> Command {
    let rows = TABLE.iter().map(|row| {
        let action = if row.name == "bind" { ArgAction::Append } else { ArgAction::Set };
        let arg = Arg::new(row.name)
            .long(row.long)
            .value_name(row.value)
            .action(action)
            .allow_hyphen_values(true)
            .help(StyledStr::from(format!("{} [default: {}]", row.meaning, row.default)));
        match row.short {
            Some(short) => arg.short(short),
            None => arg,
        }
    });
    Command::new("appserver")
        .about("Serves an application over HTTP/1.1 with supervised worker processes.")
        .override_usage("appserver [OPTIONS] APP")
        .args_override_self(true)
        .arg(Arg::new("app").value_name("APP").help("The application: @NAME"))
        .args(rows)
        .arg(
            Arg::new("check-config")
                .long("check-config")
                .action(ArgAction::SetTrue)
                .help("Read the settings and load the application, then leave"),
        )
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::SetTrue)
                .help("Print the version"),
        )
}

/// A complaint of the parser in our own words.
fn told(error: &clap::Error) -> Diagnostic {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let typed = context(ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if typed.starts_with('-') => {
            let wrong = Diagnostic::error(format!("unknown option `{typed}`"));
            let options: Vec<String> = TABLE.iter().map(|row| format!("--{}", row.long)).collect();
            match did_you_mean(
                &typed,
                options.iter().map(String::as_str).chain(["--check-config", "--version"]),
            ) {
                Some(word) => wrong.fix(format!("did you mean `{word}`?")),
                None => wrong.fix("`appserver --help` lists all options"),
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, environment: &[(&str, &str)]) -> Result<Asked, String> {
        let args: Vec<OsString> =
            format!("appserver {line}").split_whitespace().map(OsString::from).collect();
        let look = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
        parse(&args, look).map_err(|e| e.to_string())
    }

    #[test]
    fn the_environment_gives_port_and_workers_and_the_command_line_wins() {
        let environment = [("PORT", "5000"), ("WEB_CONCURRENCY", "3")];
        let Asked::Serve(settings) = read("@a", &environment).unwrap() else { panic!() };
        assert_eq!((settings.bind[0].to_string(), settings.workers), ("0.0.0.0:5000".into(), 3));
        let Asked::Serve(settings) = read("-w 2 -b :81 -b unix:a @a", &environment).unwrap() else {
            panic!()
        };
        let binds: Vec<String> = settings.bind.iter().map(ToString::to_string).collect();
        assert_eq!((binds, settings.workers), (vec!["0.0.0.0:81".into(), "unix:a".into()], 2));
    }

    #[test]
    fn a_wrong_command_line_is_told_in_our_words() {
        let said = |line: &str| read(line, &[]).unwrap_err();
        assert_eq!(said("--bnd :80 @a"), "error: unknown option `--bnd`\n  = fix: did you mean `--bind`?");
        assert_eq!(
            said("@a @b"),
            "error: more than one application: `@b`\n  = fix: `appserver [OPTIONS] APP`"
        );
        assert_eq!(
            said(""),
            "error: no application is named\n  = fix: `appserver [OPTIONS] APP`, like `appserver @hbnb`"
        );
        assert_eq!(
            said("@a --bind"),
            "error: `--bind <ADDRESS>` needs a value\n  = fix: `appserver --help` lists all options"
        );
    }

    #[test]
    fn a_bad_value_from_the_environment_names_its_variable() {
        assert_eq!(
            read("@a", &[("PORT", "http")]).unwrap_err(),
            "error: cannot bind to `0.0.0.0:http`: `http` is not a port\n  = from: $PORT\n  = fix: a port from 0 to 65535"
        );
    }
}
