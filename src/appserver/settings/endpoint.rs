//! Where log lines and figures are sent: syslog and statsd.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, text};

/// Syslog's port.
const SYSLOG_PORT: u16 = 514;
/// Statsd's port.
const STATSD_PORT: u16 = 8125;

/// Where syslog is. Names of hosts are not looked up here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Syslog {
    /// A socket file; datagrams are tried first unless a stream is asked for.
    Unix {
        /// Its path.
        path: PathBuf,
        /// Whether only datagrams will do (`#dgram`).
        is_datagram: bool,
    },
    /// Datagrams.
    Udp(String, u16),
    /// A connection.
    Tcp(String, u16),
}

impl Syslog {
    /// Syslog by datagrams, at its own port.
    pub const fn udp(host: String) -> Self {
        Self::Udp(host, SYSLOG_PORT)
    }
}

impl Default for Syslog {
    fn default() -> Self {
        Self::udp("localhost".into())
    }
}

impl Value for Syslog {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let typed = text(given)?;
        let read = match typed.split_once("://") {
            Some(("unix", rest)) => {
                let (path, kind) = rest.split_once('#').unwrap_or((rest, ""));
                let is_known = !path.is_empty() && ["", "dgram", "stream"].contains(&kind);
                is_known.then(|| Self::Unix { path: path.into(), is_datagram: kind == "dgram" })
            }
            Some(("udp", rest)) => host(rest, SYSLOG_PORT).map(|(host, port)| Self::Udp(host, port)),
            Some(("tcp", rest)) => host(rest, SYSLOG_PORT).map(|(host, port)| Self::Tcp(host, port)),
            _ => None,
        };
        match read {
            Some(read) => *self = read,
            None => return Misfit::wanted("udp://HOST:PORT, tcp://HOST:PORT or unix:///dev/log"),
        }
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            Self::Unix { path, is_datagram: true } => format!("unix://{}#dgram", path.display()),
            Self::Unix { path, is_datagram: false } => format!("unix://{}", path.display()),
            Self::Udp(host, port) => format!("udp://{host}:{port}"),
            Self::Tcp(host, port) => format!("tcp://{host}:{port}"),
        }
    }
}

/// Where statsd is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Statsd {
    /// A socket file.
    Unix(PathBuf),
    /// Datagrams.
    Udp(String, u16),
}

impl Value for Option<Statsd> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let typed = text(given)?;
        let read = match typed.strip_prefix("unix:") {
            Some(rest) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                (!path.is_empty()).then(|| Statsd::Unix(path.into()))
            }
            None => {
                let rest = typed.strip_prefix("udp://").unwrap_or(&typed);
                host(rest, STATSD_PORT).map(|(host, port)| Statsd::Udp(host, port))
            }
        };
        if read.is_none() {
            return Misfit::wanted("HOST:PORT or unix://PATH");
        }
        *self = read;
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            None => "none".into(),
            Some(Statsd::Unix(path)) => format!("unix://{}", path.display()),
            Some(Statsd::Udp(host, port)) => format!("{host}:{port}"),
        }
    }
}

/// `HOST`, `HOST:PORT`, `[::1]:PORT`; an address of IPv6 keeps its brackets.
fn host(typed: &str, usual: u16) -> Option<(String, u16)> {
    let cut = typed.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match typed[cut..].split_once(':') {
        Some((rest, port)) => (&typed[..cut + rest.len()], port.parse().ok()?),
        None => (typed, usual),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    (!host.is_empty() && host.chars().all(fits)).then(|| (host.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_place_for_syslog_is_read() {
        let read = |typed: &str| {
            let mut syslog = Syslog::default();
            syslog.read(&Json::from(typed), &(0..=0)).ok().map(|()| syslog.show())
        };
        assert_eq!(
            ["udp://log", "tcp://10.0.0.1:601", "unix:///dev/log#dgram", "udp://[::1]:9"]
                .map(|typed| read(typed).unwrap()),
            ["udp://log:514", "tcp://10.0.0.1:601", "unix:///dev/log#dgram", "udp://[::1]:9"]
        );
        assert_eq!(
            ["log:514", "udp://", "udp://a:b", "unix://", "unix:///a#x"].map(read),
            [const { None }; 5]
        );
    }

    #[test]
    fn every_form_of_a_place_for_statsd_is_read() {
        let read = |typed: &str| {
            let mut statsd: Option<Statsd> = None;
            statsd.read(&Json::from(typed), &(0..=0)).ok().map(|()| statsd.show())
        };
        assert_eq!(
            ["localhost", "10.0.0.1:9125", "unix:///run/statsd"].map(|typed| read(typed).unwrap()),
            ["localhost:8125", "10.0.0.1:9125", "unix:///run/statsd"]
        );
        assert_eq!(["", "unix:", "a b:1", "a:port"].map(read), [const { None }; 4]);
    }
}
