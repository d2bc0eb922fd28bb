//! What the environment decides about the application.

use std::ffi::OsString;
use std::path::PathBuf;

use axum::http::HeaderValue;
use rustix::fs::Access;

use super::error::Error;
use super::part::Part;
use super::password::Passwords;
use super::storage::migration::Start;
use super::storage::server::Door;
use super::storage::{Database, Server};
use crate::base::secret::Secret;
use crate::base::yaml::MASKED;

/// Where a packaged service keeps its state when systemd did not say.
const STATE_DIRECTORY: &str = "/var/lib/hbnb";
/// The database's file inside a state directory.
const FILE: &str = "hbnb.db";
/// Where pictures lie inside a state directory, or beside the database's file.
const PICTURES: &str = "pictures";
/// What a request without `Origin` is answered; the old API's rule, which its clients' tests compare.
const CORS_ORIGIN: &str = "0.0.0.0";
/// Where the course's API listens when only its port is said, or only its host.
const API_HOST: &str = "0.0.0.0";
const API_PORT: &str = "5000";
/// The shortest secret, in characters.
const SECRET: usize = 32;
/// Where the proxy mounts the dynamic application; it forwards the address unchanged.
const DYNAMIC_MOUNT: &str = "/airbnb-dynamic";

/// Every variable of ours that the commands and the servers read, and what it means.
pub const VARIABLES: [(&str, &str); 15] = [
    ("DATABASE_URL", "sqlite:///absolute/path.db or mysql://USER:PASSWORD@HOST:PORT/DATABASE"),
    ("HBNB_TYPE_STORAGE", "`db` for MySQL or MariaDB; otherwise SQLite"),
    ("HBNB_MYSQL_USER", "the account"),
    ("HBNB_MYSQL_PWD", "its password"),
    ("HBNB_MYSQL_HOST", "a host, host:port or the path of a socket [default: localhost]"),
    ("HBNB_MYSQL_DB", "the name of the database"),
    ("HBNB_SQLITE", "the file of SQLite [default: hbnb.db in the state directory]"),
    ("HBNB_ENV", "with `test`, `migrate` first drops the application's tables and all that is in them"),
    ("HBNB_PASSWORDS", "argon2id, or md5 for programs that compare it [default: argon2id]"),
    ("HBNB_PICTURES", "the directory of uploaded pictures [default: pictures, beside the file of SQLite]"),
    ("HBNB_SECRET", "what cookies and forms are signed with [default: a key that is kept in the database]"),
    ("HBNB_DYNAMIC_MOUNT", "where the dynamic application answers besides / [default: /airbnb-dynamic]"),
    (
        "HBNB_CORS_ORIGIN",
        "Access-Control-Allow-Origin of answers to requests without Origin [default: 0.0.0.0]",
    ),
    ("HBNB_API_HOST", "where `@hbnb` and `@hbnb/api` listen if the server is not told [default: 0.0.0.0]"),
    ("HBNB_API_PORT", "the port of it [default: 5000]"),
];

/// What the application needs to know before it is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the rows are.
    pub database: Database,
    /// What `hbnb migrate` does with rows that are there.
    pub start: Start,
    /// The path under which the dynamic application answers besides the root; empty for none.
    pub dynamic_mount: String,
    /// `Access-Control-Allow-Origin` of API answers to requests without `Origin`.
    pub cors_origin: HeaderValue,
    /// How passwords are written down.
    pub passwords: Passwords,
    /// The directory of the pictures that hosts upload; made when the first one comes.
    pub pictures: PathBuf,
    /// What the site signs its cookies and forms with; none for a key that is made once and kept in the database.
    pub secret: Option<Secret>,
}

impl Settings {
    /// Settings for a database, everything else as by default.
    pub fn new(database: Database) -> Self {
        let pictures = match &database {
            Database::Sqlite(file) => file.with_file_name(PICTURES),
            Database::MySql(_) => PathBuf::from(PICTURES),
        };
        Self {
            database,
            pictures,
            start: Start::AsIs,
            dynamic_mount: DYNAMIC_MOUNT.into(),
            cors_origin: HeaderValue::from_static(CORS_ORIGIN),
            passwords: Passwords::Argon2id,
            secret: None,
        }
    }

    /// Reads the environment:
    ///
    /// - the database, by the first of: `DATABASE_URL` (`sqlite:///absolute/path`, `sqlite:relative`,
    ///   `mysql://USER:PASSWORD@HOST:PORT/DATABASE`); `HBNB_TYPE_STORAGE=db`, which is MySQL or MariaDB as
    ///   `HBNB_MYSQL_USER`, `HBNB_MYSQL_PWD` (default empty), `HBNB_MYSQL_HOST` (a host, `host:port` or the path of a socket;
    ///   default `localhost`) and `HBNB_MYSQL_DB` say; `HBNB_SQLITE` (a path); and `hbnb.db` in the first of systemd's
    ///   `$STATE_DIRECTORY`, `/var/lib/hbnb` if writable, the current directory;
    /// - `HBNB_ENV`: with `test`, `hbnb migrate` drops the application's tables before it makes them; a server never does;
    /// - `HBNB_DYNAMIC_MOUNT` (default `/airbnb-dynamic`; empty or `/` for none);
    /// - `HBNB_CORS_ORIGIN` (default `0.0.0.0`);
    /// - `HBNB_PASSWORDS` (`argon2id`, the default, or `md5`);
    /// - `HBNB_PICTURES`, a directory (default `pictures`, beside the file of SQLite; else where that file would be by
    ///   default);
    /// - `HBNB_SECRET`, with which the site signs cookies and forms (at least 32 characters; by default a key is made once
    ///   and kept in the database).
    ///
    /// Errors name the variable.
    pub fn from_env() -> Result<Self, Error> {
        Self::read(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// The same, from any lookup of variables.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let mut settings = Self::new(database(&lookup)?);
        settings.start = Start::of(lookup("HBNB_ENV"));
        if let Some(mount) = lookup("HBNB_DYNAMIC_MOUNT") {
            settings.dynamic_mount = mounted(&mount.to_string_lossy())?;
        }
        if let Some(origin) = lookup("HBNB_CORS_ORIGIN") {
            let value = origin.to_string_lossy().into_owned();
            settings.cors_origin = HeaderValue::from_str(&value).map_err(|_| Error::Setting {
                name: "HBNB_CORS_ORIGIN",
                value,
                wanted: "an origin like `https://example.com`, or `*`",
            })?;
        }
        if let Some(passwords) = lookup("HBNB_PASSWORDS") {
            settings.passwords = written(&passwords.to_string_lossy())?;
        }
        match (lookup("HBNB_PICTURES"), &settings.database) {
            (Some(directory), _) => settings.pictures = PathBuf::from(directory),
            (None, Database::MySql(_)) => settings.pictures = state(&lookup).join(PICTURES),
            (None, Database::Sqlite(_)) => {}
        }
        settings.secret = lookup("HBNB_SECRET").map(|text| secret(&text.to_string_lossy())).transpose()?;
        Ok(settings)
    }
}

/// Where the part listens if its server is told nothing: `HBNB_API_HOST` and `HBNB_API_PORT`, for the parts that are the
/// course's API, if one of them is said.
pub fn api_bind(part: Part, lookup: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let text = |name| lookup(name).map(|value| value.to_string_lossy().into_owned());
    let (host, port) = (text("HBNB_API_HOST"), text("HBNB_API_PORT"));
    if !matches!(part, Part::All | Part::Api) || (&host, &port) == (&None, &None) {
        return None;
    }
    let host = host.unwrap_or_else(|| API_HOST.into());
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host };
    Some(format!("{host}:{}", port.unwrap_or_else(|| API_PORT.into())))
}

fn written(text: &str) -> Result<Passwords, Error> {
    match text {
        "argon2id" => Ok(Passwords::Argon2id),
        "md5" => Ok(Passwords::Md5),
        other => Err(Error::Setting {
            name: "HBNB_PASSWORDS",
            value: other.to_string(),
            wanted: "`argon2id` or `md5`",
        }),
    }
}

fn database(lookup: &impl Fn(&str) -> Option<OsString>) -> Result<Database, Error> {
    if let Some(url) = lookup("DATABASE_URL") {
        return Ok(Database::parse(&url.to_string_lossy())?);
    }
    match lookup("HBNB_TYPE_STORAGE").map(|engine| engine.to_string_lossy().into_owned()).as_deref() {
        Some("db") => return server(lookup),
        None | Some("sqlite") => {}
        Some(other) => {
            return Err(Error::Setting {
                name: "HBNB_TYPE_STORAGE",
                value: other.to_string(),
                wanted: "`db` for MySQL or MariaDB, or `sqlite`",
            });
        }
    }
    if let Some(path) = lookup("HBNB_SQLITE") {
        return Ok(Database::Sqlite(PathBuf::from(path)));
    }
    Ok(Database::Sqlite(state(lookup).join(FILE)))
}

/// Where state is kept unless somebody says otherwise.
fn state(lookup: &impl Fn(&str) -> Option<OsString>) -> PathBuf {
    if let Some(directories) = lookup("STATE_DIRECTORY") {
        // systemd joins several state directories with colons; the first is ours.
        let text = directories.to_string_lossy().into_owned();
        return PathBuf::from(text.split(':').next().unwrap_or(&text));
    }
    match rustix::fs::access(STATE_DIRECTORY, Access::WRITE_OK) {
        Ok(()) => PathBuf::from(STATE_DIRECTORY),
        Err(_) => PathBuf::new(),
    }
}

/// MySQL or MariaDB, as the application's older generations name it.
fn server(lookup: &impl Fn(&str) -> Option<OsString>) -> Result<Database, Error> {
    let text = |name| lookup(name).map(|value| value.to_string_lossy().into_owned());
    let needed = |name, wanted| text(name).ok_or(Error::Unset { name, wanted });
    let host = text("HBNB_MYSQL_HOST").unwrap_or_else(|| "localhost".into());
    let door = Door::parse(&host).ok_or(Error::Setting {
        name: "HBNB_MYSQL_HOST",
        value: host,
        wanted: "a host, `host:port` or the path of a socket",
    })?;
    Ok(Database::MySql(Box::new(Server {
        door,
        user: needed("HBNB_MYSQL_USER", "the account")?,
        password: Secret::new(text("HBNB_MYSQL_PWD").unwrap_or_default()),
        database: needed("HBNB_MYSQL_DB", "the name of the database")?,
    })))
}

/// A secret that nobody tries out; it is not repeated when it is one that somebody could.
fn secret(text: &str) -> Result<Secret, Error> {
    if text.chars().count() < SECRET {
        return Err(Error::Setting {
            name: "HBNB_SECRET",
            value: MASKED.into(),
            wanted: "at least 32 characters, like `openssl rand -hex 32` prints",
        });
    }
    Ok(Secret::new(text))
}

/// A mount as the router wants it: with a leading slash, without a trailing one.
fn mounted(text: &str) -> Result<String, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    let trimmed = text.trim_matches('/');
    if !text.chars().all(plain) || trimmed.contains("//") {
        return Err(Error::Setting {
            name: "HBNB_DYNAMIC_MOUNT",
            value: text.to_string(),
            wanted: "a path like `/airbnb-dynamic`",
        });
    }
    Ok(if trimmed.is_empty() { String::new() } else { format!("/{trimmed}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let found = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        Settings::read(found).map_err(|e| e.to_string())
    }

    #[test]
    fn the_database_is_found_by_url_then_path_then_state_directory() {
        let path = |pairs| read(pairs).unwrap().database;
        let all =
            [("STATE_DIRECTORY", "/s:/t"), ("HBNB_SQLITE", "/p.db"), ("DATABASE_URL", "sqlite:///u.db")];
        assert_eq!(path(&all), Database::Sqlite("/u.db".into()));
        assert_eq!(path(&all[..2]), Database::Sqlite("/p.db".into()));
        assert_eq!(path(&all[..1]), Database::Sqlite("/s/hbnb.db".into()));
    }

    #[test]
    fn every_variable_that_is_read_is_one_that_people_are_told_of() {
        let asked = RefCell::new(BTreeSet::new());
        for (engine, user) in [(None, None), (Some("db"), None), (Some("db"), Some("u"))] {
            let lookup = |name: &str| {
                asked.borrow_mut().insert(name.to_string());
                let said = match name {
                    "HBNB_TYPE_STORAGE" => engine,
                    "HBNB_MYSQL_USER" => user,
                    _ => None,
                };
                said.map(OsString::from)
            };
            let _ = Settings::read(lookup);
            api_bind(Part::Api, lookup);
        }
        let told = VARIABLES.map(|(name, _)| name.to_string());
        // systemd's, not a person's.
        let told = told.into_iter().chain(["STATE_DIRECTORY".into()]).collect();
        assert_eq!(asked.into_inner(), told);
    }

    #[test]
    fn the_api_listens_where_the_variables_of_the_course_say() {
        let bind = |part, pairs: &[(&str, &str)]| {
            api_bind(part, |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
        };
        let (host, port) = (("HBNB_API_HOST", "127.0.0.1"), ("HBNB_API_PORT", "5002"));
        assert_eq!(bind(Part::Api, &[host, port]).as_deref(), Some("127.0.0.1:5002"));
        assert_eq!(bind(Part::All, &[host]).as_deref(), Some("127.0.0.1:5000"));
        assert_eq!(bind(Part::All, &[port]).as_deref(), Some("0.0.0.0:5002"));
        assert_eq!(bind(Part::Api, &[("HBNB_API_HOST", "::1")]).as_deref(), Some("[::1]:5000"));
        assert_eq!(bind(Part::Api, &[]), None);
        assert_eq!(bind(Part::Web, &[host, port]), None);
    }

    #[test]
    fn pictures_lie_beside_the_file_of_the_database_or_in_the_state_directory() {
        let path = |pairs| read(pairs).unwrap().pictures.display().to_string();
        let server =
            [("DATABASE_URL", "mysql://u@h/d"), ("STATE_DIRECTORY", "/s:/t"), ("HBNB_PICTURES", "/p")];
        assert_eq!(path(&server), "/p");
        assert_eq!(path(&server[..2]), "/s/pictures");
        assert_eq!(path(&[("HBNB_SQLITE", "/a/b.db")]), "/a/pictures");
        assert_eq!(path(&[("HBNB_SQLITE", "b.db")]), "pictures");
    }

    #[test]
    fn passwords_are_written_in_one_of_two_ways() {
        assert_eq!(read(&[("HBNB_PASSWORDS", "md5")]).unwrap().passwords, Passwords::Md5);
        assert_eq!(
            read(&[("HBNB_PASSWORDS", "clear")]),
            Err("HBNB_PASSWORDS is `clear`; it must be `argon2id` or `md5`".into())
        );
    }

    #[test]
    fn a_server_is_named_by_the_variables_of_the_course() {
        let mut all = vec![
            ("HBNB_TYPE_STORAGE", "db"),
            ("HBNB_SQLITE", "/p.db"),
            ("HBNB_MYSQL_HOST", "db:3307"),
            ("HBNB_MYSQL_PWD", "hidden"),
            ("HBNB_MYSQL_USER", "hbnb_dev"),
            ("HBNB_MYSQL_DB", "hbnb_dev_db"),
        ];
        let server = read(&all).unwrap().database;
        assert_eq!(server, Database::parse("mysql://hbnb_dev:hidden@db:3307/hbnb_dev_db").unwrap());
        all[2].1 = "/run/mysqld/mysqld.sock";
        let socket = read(&all).unwrap().database.to_string();
        assert_eq!(socket, "mysql://hbnb_dev@/run/mysqld/mysqld.sock/hbnb_dev_db");
        all[2].1 = "db:x";
        let wanted =
            "HBNB_MYSQL_HOST is `db:x`; it must be a host, `host:port` or the path of a socket".to_string();
        assert_eq!(read(&all), Err(wanted));
        all.remove(2);
        all.pop();
        let unset = "HBNB_MYSQL_DB is not set; HBNB_TYPE_STORAGE=db needs it: the name of the database";
        assert_eq!(read(&all), Err(unset.into()));
        let file = "HBNB_TYPE_STORAGE is `file`; it must be `db` for MySQL or MariaDB, or `sqlite`";
        assert_eq!(read(&[("HBNB_TYPE_STORAGE", "file")]), Err(file.into()));
    }

    #[test]
    fn only_the_test_environment_starts_empty() {
        let start = |value| read(&[("HBNB_ENV", value)]).unwrap().start;
        assert_eq!((start("test"), start("dev"), start("TEST")), (Start::Empty, Start::AsIs, Start::AsIs));
    }

    #[test]
    fn a_secret_is_long_and_never_printed() {
        let long = "0123456789abcdef0123456789abcdef";
        let settings = read(&[("HBNB_SECRET", long)]).unwrap();
        assert_eq!(settings.secret, Some(Secret::new(long)));
        assert!(!format!("{settings:?}").contains(long));
        let short = read(&[("HBNB_SECRET", "hush")]);
        let said = "HBNB_SECRET is `********`; it must be at least 32 characters, like `openssl rand -hex 32` prints";
        assert_eq!(short, Err(said.into()));
    }

    #[test]
    fn a_mount_is_a_plain_path() {
        assert_eq!(read(&[("HBNB_DYNAMIC_MOUNT", "numbers/")]).unwrap().dynamic_mount, "/numbers");
        assert_eq!(read(&[("HBNB_DYNAMIC_MOUNT", "/")]).unwrap().dynamic_mount, "");
        assert_eq!(
            read(&[("HBNB_DYNAMIC_MOUNT", "/{n}")]),
            Err("HBNB_DYNAMIC_MOUNT is `/{n}`; it must be a path like `/airbnb-dynamic`".into())
        );
    }
}
