//! The address of a MySQL or MariaDB server.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::Error;
use crate::base::secret::Secret;

/// Where a server listens when nobody says.
const PORT: u16 = 3306;
/// What a URL may begin with: ours, and what the application's older generations wrote.
const SCHEMES: [&str; 5] = ["mysql", "mariadb", "mysql+mysqldb", "mysql+pymysql", "mysql+mysqlconnector"];

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// A host and its port.
    Port(String, u16),
    /// A socket of this machine.
    Socket(PathBuf),
}

impl Door {
    /// `HOST`, `HOST:PORT`, `[IPv6]:PORT` or the `/path` of a socket; [`None`] for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return Some(Door::Socket(text.into()));
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':').or(rest.is_empty().then_some(""))?),
            None if text.matches(':').count() > 1 => (text, ""),
            None => text.split_once(':').unwrap_or((text, "")),
        };
        let port = if port.is_empty() { PORT } else { port.parse().ok()? };
        let sane = !host.is_empty() && !host.contains(['/', '@', ' ', '?', '#']);
        sane.then(|| Door::Port(host.to_string(), port))
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Door::Port(host, PORT) => f.write_str(host),
            Door::Port(host, port) => write!(f, "{host}:{port}"),
            Door::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A database on a server, and who may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where the server listens.
    pub door: Door,
    /// The account.
    pub user: String,
    /// Its password; empty for none.
    pub password: Secret,
    /// The database's name.
    pub database: String,
}

impl Server {
    /// Whether a text is meant as a server's address: [`Server::parse`] says whether it is one.
    pub fn is_meant(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
    }

    /// From `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, with `%XX` for what has a meaning in a URL; `?unix_socket=/path` (or
    /// `socket`) names a socket, and `?charset=…` is ignored: ours is always UTF-8.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parsed(text).ok_or(Error::Address)
    }

    fn parsed(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("://")?;
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (before, database) = rest.rsplit_once('/')?;
        let (account, host) = before.rsplit_once('@')?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        let mut door = Door::parse(&decoded(host)?);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=')? {
                ("unix_socket" | "socket", path) => door = Some(Door::Socket(decoded(path)?.into())),
                ("charset", _) => {}
                _ => return None,
            }
        }
        let server = Self {
            door: door?,
            user: decoded(user)?,
            password: Secret::new(decoded(password)?),
            database: decoded(database)?,
        };
        (!server.user.is_empty() && !server.database.is_empty()).then_some(server)
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

/// For people; without the password.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mysql://{}@{}/{}", self.user, self.door, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_found_by_the_addresses_that_people_write() {
        let server = |door: Door, password: &str| {
            let (user, database) = ("hbnb_dev".into(), "hbnb_dev_db".into());
            Ok(Server { door, user, password: Secret::new(password), database })
        };
        let port = |host: &str, port| Door::Port(host.into(), port);
        for (text, wanted) in [
            ("mysql://hbnb_dev:p%40:s@db/hbnb_dev_db", server(port("db", 3306), "p@:s")),
            (
                "mysql+mysqldb://hbnb_dev:a@b@db:3307/hbnb_dev_db?charset=latin1",
                server(port("db", 3307), "a@b"),
            ),
            ("mariadb://hbnb_dev@[::1]:1/hbnb_dev_db", server(port("::1", 1), "")),
            ("mysql://hbnb_dev@localhost/hbnb_dev_db?unix_socket=/s", server(Door::Socket("/s".into()), "")),
            ("mysql://hbnb_dev@%2Fs/hbnb_dev_db", server(Door::Socket("/s".into()), "")),
            ("mysql://hbnb_dev@db:x/hbnb_dev_db", Err(())),
            ("mysql://hbnb_dev@db/", Err(())),
            ("mysql://db/hbnb_dev_db", Err(())),
            ("mysql://hbnb_dev@db/hbnb_dev_db?ssl=no", Err(())),
        ] {
            assert_eq!(Server::parse(text).map_err(|_| ()), wanted, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let server = Server::parse("mysql://u:hidden@h:3307/d").unwrap();
        assert_eq!(server.to_string(), "mysql://u@h:3307/d");
        assert!(!format!("{server:?}").contains("hidden"));
    }
}
