//! Where the bundled application keeps its rows: a file of SQLite, a MariaDB of the host's own, or a server that is
//! there already.

use std::net::IpAddr;

use serde::Deserialize;

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::secret::{Secret, Text};
use crate::base::yaml::{MASKED, Node, Spanned};

/// Where the server that Debian and Ubuntu package listens.
const SOCKET: &str = "/run/mysqld/mysqld.sock";
/// The engines by the names people type.
const ENGINES: [&str; 3] = ["sqlite", "mysql", "mariadb"];

/// Where a host's rows are.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Database {
    /// A file in the state directory.
    #[default]
    Sqlite,
    /// MySQL or MariaDB.
    MySql(Server),
}

/// A database on a server, and who may use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// `HOST`, `HOST:PORT` or the path of a socket; none: the host gets a MariaDB of its own.
    pub host: Option<String>,
    /// The database.
    pub name: String,
    /// The account.
    pub user: String,
    /// Its password.
    pub password: Text,
}

/// Whom an app may talk to for its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Nobody outside of its host.
    Nobody,
    /// One address.
    Address(IpAddr),
    /// A name: its addresses may change, and asking for them takes further hosts.
    Name,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    engine: Spanned<String>,
    host: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    user: Option<Spanned<String>>,
    password: Option<Spanned<Text>>,
}

/// Reads `database`; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Database {
    let Some(typed): Option<Typed> = word::decoded("database", node, said) else {
        return Database::default();
    };
    match typed.engine.as_str() {
        "mysql" | "mariadb" => server(node, typed, said).map_or(Database::Sqlite, Database::MySql),
        "sqlite" => {
            refuse(typed, said);
            Database::Sqlite
        }
        other => {
            said.push(
                Diagnostic::error(format!("unknown engine `{}`", other.escape_debug()))
                    .at(&typed.engine.span)
                    .label(format!("known engines: {}", ENGINES.join(", ")))
                    .suggest(other, ENGINES),
            );
            Database::Sqlite
        }
    }
}

fn server(node: &Node, typed: Typed, said: &mut Vec<Diagnostic>) -> Option<Server> {
    let before = said.len();
    for (key, value) in [("name", &typed.name), ("user", &typed.user)] {
        match value {
            Some(text) => {
                word::given(&format!("the database's {key}"), text, said);
                word::characters(&format!("the database's {key}"), text, "\"'`\\/;", said);
            }
            None => said.push(missing(node, key, &format!("{key}: hbnb"))),
        }
    }
    match &typed.password {
        Some(password) => check_password(password, said),
        None => said.push(missing(node, "password", "password: !env HBNB_PASSWORD")),
    }
    typed.host.iter().for_each(|host| check_host(host, said));
    if said.len() > before {
        return None;
    }
    let host = typed.host.map(|host| host.value);
    Some(Server { host, name: typed.name?.value, user: typed.user?.value, password: typed.password?.value })
}

fn missing(node: &Node, key: &str, example: &str) -> Diagnostic {
    Diagnostic::error(format!("the database has no `{key}`"))
        .at(&node.span)
        .fix(format!("add `{example}` to it"))
}

fn check_password(password: &Spanned<Text>, said: &mut Vec<Diagnostic>) {
    let Text::Plain(text) = &password.value else { return };
    let text = Spanned { value: text.clone(), span: password.span.clone() };
    word::given("the database's password", &text, said);
    word::quotable("the database's password", &text, quote::env, said);
}

fn check_host(host: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    if host.starts_with('/') {
        return word::path("the database's socket", host, said);
    }
    let before = said.len();
    word::given("the database's host", host, said);
    word::characters("the database's host", host, "\"'/;{}$%\\@#?", said);
    let (name, port) = parts(host);
    if said.len() == before && (name.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_err())) {
        said.push(
            Diagnostic::error(format!("the database's host `{}` cannot be used", host.value))
                .at(&host.span)
                .fix("write `db.example.com`, `203.0.113.20:3306`, `[2001:db8::1]:3306` or the path of a socket"),
        );
    }
}

/// A host without its brackets, and what follows it as a port.
fn parts(host: &str) -> (&str, Option<&str>) {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((six, "")) => (six, None),
        Some((six, port)) => (six, Some(port.trim_start_matches(':'))),
        None if host.matches(':').count() > 1 => (host, None),
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    }
}

/// Refuses what only a server has.
fn refuse(typed: Typed, said: &mut Vec<Diagnostic>) {
    let password = typed.password.map(|password| ("password", password.span));
    let texts = [("host", typed.host), ("name", typed.name), ("user", typed.user)];
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key, text?.span)));
    for (key, span) in texts.chain(password) {
        said.push(
            Diagnostic::error(format!("`{key}` is for a database on a server"))
                .at(&span)
                .label("SQLite is a file of the host")
                .fix("write `engine: mysql`, or remove this key"),
        );
    }
}

impl Database {
    /// What the bundled application reads of its environment; `file` is where SQLite's would be.
    pub fn environment(&self, file: &str) -> Vec<(String, String)> {
        let Self::MySql(server) = self else { return vec![("HBNB_SQLITE".into(), file.into())] };
        let door = server.host.as_deref().unwrap_or(SOCKET);
        let variables = [
            ("HBNB_TYPE_STORAGE", "db"),
            ("HBNB_MYSQL_HOST", door),
            ("HBNB_MYSQL_DB", &server.name),
            ("HBNB_MYSQL_USER", &server.user),
            ("HBNB_MYSQL_PWD", server.password()),
        ];
        variables.map(|(name, value)| (name.to_string(), value.to_string())).to_vec()
    }

    /// The server that the host itself is to run.
    pub fn own(&self) -> Option<&Server> {
        match self {
            Self::MySql(server) if server.host.is_none() => Some(server),
            _ => None,
        }
    }

    /// The password, where it is known.
    pub fn password(&self) -> Option<Secret> {
        match self {
            Self::MySql(Server { password: Text::Plain(text), .. }) => Some(Secret::new(text.as_str())),
            _ => None,
        }
    }

    /// Whom an app that uses it must be able to reach.
    pub fn peer(&self) -> Peer {
        let Self::MySql(Server { host: Some(host), .. }) = self else { return Peer::Nobody };
        let (name, _) = parts(host);
        match name.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => Peer::Nobody,
            Ok(address) => Peer::Address(address),
            Err(_) if name == "localhost" || name.starts_with('/') => Peer::Nobody,
            Err(_) => Peer::Name,
        }
    }
}

impl Server {
    /// The password; what stands for it where it was not fetched.
    pub fn password(&self) -> &str {
        match &self.password {
            Text::Plain(text) => text,
            Text::Secret(_) => MASKED,
        }
    }

    /// What makes database and account, and gives the account its password anew.
    pub fn sql(&self) -> String {
        // In a grant, `_` and `%` stand for any letters.
        let only = self.name.replace('_', "\\_").replace('%', "\\%");
        let password = self.password().replace('\\', "\\\\").replace('\'', "''");
        format!(
            "CREATE DATABASE IF NOT EXISTS `{}`; GRANT ALL PRIVILEGES ON `{only}`.* TO '{}'@'localhost' IDENTIFIED BY '{password}';",
            self.name, self.user
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(host: Option<&str>) -> Database {
        let (name, user) = ("hbnb_dev_db".into(), "hbnb_dev".into());
        let password = Text::Plain("it's a \\".into());
        Database::MySql(Server { host: host.map(String::from), name, user, password })
    }

    #[test]
    fn a_server_elsewhere_is_reached_by_its_address_and_a_name_by_any() {
        let address = |text: &str| Peer::Address(text.parse().unwrap());
        for (host, wanted) in [
            (None, Peer::Nobody),
            (Some("/run/db.sock"), Peer::Nobody),
            (Some("localhost:3307"), Peer::Nobody),
            (Some("127.0.0.1"), Peer::Nobody),
            (Some("[::1]:3306"), Peer::Nobody),
            (Some("203.0.113.20:3307"), address("203.0.113.20")),
            (Some("2001:db8::1"), address("2001:db8::1")),
            (Some("db.example.com"), Peer::Name),
        ] {
            assert_eq!(database(host).peer(), wanted, "{host:?}");
        }
        assert_eq!(Database::Sqlite.peer(), Peer::Nobody);
    }

    #[test]
    fn what_makes_the_account_says_its_password_as_it_is() {
        let wanted = r"CREATE DATABASE IF NOT EXISTS `hbnb_dev_db`; GRANT ALL PRIVILEGES ON `hbnb\_dev\_db`.* TO 'hbnb_dev'@'localhost' IDENTIFIED BY 'it''s a \\';";
        assert_eq!(database(None).own().unwrap().sql(), wanted);
        assert_eq!((database(Some("db")).own(), Database::Sqlite.own()), (None, None));
    }
}
