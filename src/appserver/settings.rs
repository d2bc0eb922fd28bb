//! Every setting: the values, and the one table that says how each is named, read and explained.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::access::Format;
use super::bind::{self, Bind};
use super::log::Level;
use crate::base::diagnostic::{Diagnostic, did_you_mean};

/// The listening sockets travel to a worker in one message, and the kernel passes at most 253 descriptors.
const MAX_BINDS: usize = 200;
/// The largest file mode mask.
const MAX_UMASK: u32 = 0o777;

/// The values a server runs with. A worker gets them over its control channel; a field it does not know is
/// ignored and one it misses has its default, so a master and the workers of the next release understand each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The application: `@name`.
    pub app: String,
    /// Where to listen; only the master uses it.
    #[serde(skip)]
    pub bind: Vec<Bind>,
    /// How many workers, at least 1.
    pub workers: usize,
    /// Seconds after which a silent worker is killed; 0 is never.
    pub timeout: u64,
    /// Seconds that requests in progress have to finish after a stop or a reload.
    pub graceful_timeout: u64,
    /// Seconds that an idle connection is kept open.
    pub keepalive: u64,
    /// How many connections may wait to be accepted.
    pub backlog: u32,
    /// Where the master writes its process id.
    pub pidfile: Option<PathBuf>,
    /// The access log: none, `-` (standard output) or a path.
    pub accesslog: Option<PathBuf>,
    /// The error log: `-` (standard error) or a path.
    pub errorlog: PathBuf,
    /// The least important line that is logged.
    pub loglevel: Level,
    /// The form of a line of the access log.
    pub access_log_format: String,
    /// The mode mask of socket files we make.
    pub umask: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            app: String::new(),
            bind: Vec::new(),
            workers: 1,
            timeout: 30,
            graceful_timeout: 30,
            keepalive: 2,
            backlog: 2048,
            pidfile: None,
            accesslog: None,
            errorlog: "-".into(),
            loglevel: Level::Info,
            access_log_format: Format::DEFAULT.into(),
            umask: 0,
        }
    }
}

/// One row of the table.
pub struct Setting {
    /// Its name in a configuration.
    pub name: &'static str,
    /// Its long option, without dashes.
    pub long: &'static str,
    /// Its short option.
    pub short: Option<char>,
    /// What its value is called in the help; none for a setting that is switched on.
    pub value: &'static str,
    /// Its default, as told to people.
    pub default: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
    /// Puts a typed value in its place.
    pub set: fn(&mut Settings, &str) -> Result<(), Diagnostic>,
}

/// All settings, in the order of the help.
pub const TABLE: [Setting; 12] = [
    Setting {
        name: "bind",
        long: "bind",
        short: Some('b'),
        value: "ADDRESS",
        default: "127.0.0.1:8000, or 0.0.0.0:$PORT",
        meaning: "Where to listen: HOST, HOST:PORT, :PORT, [::1]:PORT, unix:PATH or fd://N; may be repeated",
        set: |s, v| add_bind(s, v),
    },
    Setting {
        name: "backlog",
        long: "backlog",
        short: None,
        value: "N",
        default: "2048",
        meaning: "How many connections may wait to be accepted",
        set: |s, v| number("backlog", v, 1, u64::from(u32::MAX >> 1)).map(|n| s.backlog = n as u32),
    },
    Setting {
        name: "workers",
        long: "workers",
        short: Some('w'),
        value: "N",
        default: "1, or $WEB_CONCURRENCY",
        meaning: "How many worker processes serve",
        set: |s, v| number("workers", v, 1, 1024).map(|n| s.workers = n as usize),
    },
    Setting {
        name: "timeout",
        long: "timeout",
        short: Some('t'),
        value: "SECONDS",
        default: "30",
        meaning: "A worker that is silent for longer is killed and replaced; 0 is never",
        set: |s, v| seconds("timeout", v).map(|n| s.timeout = n),
    },
    Setting {
        name: "graceful_timeout",
        long: "graceful-timeout",
        short: None,
        value: "SECONDS",
        default: "30",
        meaning: "How long requests in progress may take to finish after a stop or a reload",
        set: |s, v| seconds("graceful-timeout", v).map(|n| s.graceful_timeout = n),
    },
    Setting {
        name: "keepalive",
        long: "keep-alive",
        short: None,
        value: "SECONDS",
        default: "2",
        meaning: "How long an idle connection is kept open",
        set: |s, v| seconds("keep-alive", v).map(|n| s.keepalive = n),
    },
    Setting {
        name: "umask",
        long: "umask",
        short: Some('m'),
        value: "MODE",
        default: "0",
        meaning: "The mode mask of the socket files made, octal",
        set: |s, v| mask(v).map(|n| s.umask = n),
    },
    Setting {
        name: "pidfile",
        long: "pid",
        short: Some('p'),
        value: "PATH",
        default: "none",
        meaning: "A file to write the master's process id to",
        set: |s, v| path("pid", v).map(|p| s.pidfile = Some(p)),
    },
    Setting {
        name: "accesslog",
        long: "access-logfile",
        short: None,
        value: "PATH",
        default: "none",
        meaning: "Where each request is logged; - is standard output",
        set: |s, v| path("access-logfile", v).map(|p| s.accesslog = Some(p)),
    },
    Setting {
        name: "access_log_format",
        long: "access-logformat",
        short: None,
        value: "FORMAT",
        default: Format::DEFAULT,
        meaning: "The form of a line of the access log",
        set: |s, v| Format::parse(v).map(|_| s.access_log_format = v.into()),
    },
    Setting {
        name: "errorlog",
        long: "error-logfile",
        short: None,
        value: "PATH",
        default: "-",
        meaning: "Where everything else is logged; - is standard error",
        set: |s, v| path("error-logfile", v).map(|p| s.errorlog = p),
    },
    Setting {
        name: "loglevel",
        long: "log-level",
        short: None,
        value: "LEVEL",
        default: "info",
        meaning: "The least important line that is logged: debug, info, warning, error or critical",
        set: |s, v| level(v).map(|l| s.loglevel = l),
    },
];

fn add_bind(settings: &mut Settings, typed: &str) -> Result<(), Diagnostic> {
    let bind = bind::parse(typed)?;
    if settings.bind.contains(&bind) && !matches!(&bind, Bind::Tcp(address) if address.port() == 0) {
        return Err(Diagnostic::error(format!("the same bind twice: `{bind}`")).fix("remove one of the two"));
    }
    if settings.bind.len() >= MAX_BINDS {
        return Err(Diagnostic::error(format!("more than {MAX_BINDS} binds")));
    }
    settings.bind.push(bind);
    Ok(())
}

fn number(option: &str, typed: &str, least: u64, most: u64) -> Result<u64, Diagnostic> {
    typed.parse().ok().filter(|n| (least..=most).contains(n)).ok_or_else(|| {
        Diagnostic::error(format!("`{typed}` does not fit `--{option}`"))
            .fix(format!("a whole number from {least} to {most}"))
    })
}

fn seconds(option: &str, typed: &str) -> Result<u64, Diagnostic> {
    const A_YEAR: u64 = 31_536_000;
    number(option, typed, 0, A_YEAR)
}

fn mask(typed: &str) -> Result<u32, Diagnostic> {
    let digits = typed.trim_start_matches("0o");
    u32::from_str_radix(digits, 8).ok().filter(|mask| *mask <= MAX_UMASK).ok_or_else(|| {
        Diagnostic::error(format!("`{typed}` does not fit `--umask`"))
            .fix("an octal number from 0 to 777, like 027")
    })
}

fn path(option: &str, typed: &str) -> Result<PathBuf, Diagnostic> {
    if typed.is_empty() {
        return Err(Diagnostic::error(format!("`--{option}` needs a path, and got an empty text")));
    }
    Ok(typed.into())
}

fn level(typed: &str) -> Result<Level, Diagnostic> {
    Level::parse(typed).ok_or_else(|| {
        let names = Level::ALL.map(Level::name);
        let wrong = Diagnostic::error(format!("unknown log level `{typed}`"));
        match did_you_mean(typed, names) {
            Some(word) => wrong.fix(format!("did you mean `{word}`?")),
            None => wrong.fix(format!("one of: {}", names.join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_from_another_release_is_ignored_and_a_missing_one_has_its_default() {
        let read: Settings =
            serde_json::from_str(r#"{"app":"@x","timeout":5,"not_yet_invented":true}"#).unwrap();
        assert_eq!(read, Settings { app: "@x".into(), timeout: 5, ..Settings::default() });
    }

    #[test]
    fn every_numeric_default_in_the_help_is_the_default() {
        let mut settings = Settings::default();
        for row in
            TABLE.iter().filter(|row| row.default != "none" && row.name != "bind" && row.name != "workers")
        {
            (row.set)(&mut settings, row.default).unwrap();
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn the_same_bind_twice_is_refused_and_two_picked_ports_are_not() {
        let mut settings = Settings::default();
        add_bind(&mut settings, ":0").unwrap();
        add_bind(&mut settings, ":0").unwrap();
        add_bind(&mut settings, "127.0.0.1").unwrap();
        let said = add_bind(&mut settings, "tcp://localhost:8000").unwrap_err().to_string();
        assert_eq!(said, "error: the same bind twice: `127.0.0.1:8000`\n  = fix: remove one of the two");
    }

    #[test]
    fn a_value_that_does_not_fit_names_its_option_and_its_range() {
        let mut settings = Settings::default();
        let mut said = |name: &str, value: &str| {
            let row = TABLE.iter().find(|row| row.name == name).unwrap();
            (row.set)(&mut settings, value).unwrap_err().to_string()
        };
        assert_eq!(
            said("workers", "0"),
            "error: `0` does not fit `--workers`\n  = fix: a whole number from 1 to 1024"
        );
        assert_eq!(
            said("umask", "999"),
            "error: `999` does not fit `--umask`\n  = fix: an octal number from 0 to 777, like 027"
        );
        assert_eq!(
            said("loglevel", "inof"),
            "error: unknown log level `inof`\n  = fix: did you mean `info`?"
        );
    }
}
