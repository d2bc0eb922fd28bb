//! Where to listen, as typed: `HOST`, `HOST:PORT`, `:PORT`, `[::1]:PORT`, `tcp://…`, `unix:PATH`, `fd://N`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::base::diagnostic::Diagnostic;

/// The port of a bind that names none.
const DEFAULT_PORT: u16 = 8000;
/// The first descriptor a process can inherit beside its three standard ones.
const FIRST_FD: u32 = 3;

/// One place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// An address and a port (0: one the kernel picks).
    Tcp(SocketAddr),
    /// A socket file.
    Unix(PathBuf),
    /// A descriptor that was open when we were started, 3 or above.
    Fd(u32),
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Fd(number) => write!(f, "fd://{number}"),
        }
    }
}

/// Reads one bind. Errors name what was typed and the form that would do.
pub fn parse(typed: &str) -> Result<Bind, Diagnostic> {
    let lower = typed.to_ascii_lowercase();
    if lower.starts_with("unix:") {
        let path = typed[5..].strip_prefix("//").unwrap_or(&typed[5..]);
        if path.is_empty() {
            return Err(wrong(typed, "it names no path", "`--bind unix:/run/site/app.sock`"));
        }
        return Ok(Bind::Unix(path.into()));
    }
    if lower.starts_with("fd://") {
        return match typed[5..].parse() {
            Ok(number) if number >= FIRST_FD => Ok(Bind::Fd(number)),
            _ => Err(wrong(typed, "a descriptor is a number from 3", "`--bind fd://3`")),
        };
    }
    let rest = if lower.starts_with("tcp://") { &typed[6..] } else { typed };
    if let Some((scheme, _)) = rest.split_once("://") {
        return Err(wrong(typed, &format!("unknown scheme `{scheme}`"), "`tcp://`, `unix:` or `fd://`"));
    }
    let (host, port) = split(rest).ok_or_else(|| {
        wrong(typed, "an IPv6 address with a port stands in brackets", "`--bind [::1]:8000`")
    })?;
    Ok(Bind::Tcp(SocketAddr::new(host_of(typed, host, port)?, port_of(typed, port)?)))
}

/// Host and port of a text; the port may be absent.
fn split(rest: &str) -> Option<(&str, Option<&str>)> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (host, after) = inside.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match rest.split_once(':') {
        None => Some((rest, None)),
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
    }
}

fn host_of(typed: &str, host: &str, port: Option<&str>) -> Result<IpAddr, Diagnostic> {
    match host {
        "" => Ok(Ipv4Addr::UNSPECIFIED.into()),
        "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
        number if port.is_none() && number.bytes().all(|b| b.is_ascii_digit()) => {
            Err(wrong(typed, "it is a port without its colon", &format!("`--bind :{number}`")))
        }
        // No names: a static binary cannot rely on the host's resolver.
        _ => host.parse().map_err(|_| {
            wrong(
                typed,
                &format!("`{host}` is not an address, and names are not looked up"),
                "`--bind 127.0.0.1:8000`",
            )
        }),
    }
}

fn port_of(typed: &str, port: Option<&str>) -> Result<u16, Diagnostic> {
    let Some(port) = port else { return Ok(DEFAULT_PORT) };
    port.parse().map_err(|_| {
        let why = if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) {
            format!("port {port} is out of range")
        } else {
            format!("`{port}` is not a port")
        };
        wrong(typed, &why, "a port from 0 to 65535")
    })
}

fn wrong(typed: &str, why: &str, fix: &str) -> Diagnostic {
    Diagnostic::error(format!("cannot bind to `{typed}`: {why}")).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_bind_is_read() {
        let read = |typed: &str| parse(typed).unwrap().to_string();
        assert_eq!(
            ["10.0.0.1", "10.0.0.1:81", ":80", "[::1]:8000", "[::1]", "tcp://localhost:7", "TCP://0.0.0.0"]
                .map(read),
            [
                "10.0.0.1:8000",
                "10.0.0.1:81",
                "0.0.0.0:80",
                "[::1]:8000",
                "[::1]:8000",
                "127.0.0.1:7",
                "0.0.0.0:8000"
            ]
        );
        assert_eq!(
            ["unix:/a/b", "unix:///a/b", "unix:a", "fd://3"].map(read),
            ["unix:/a/b", "unix:/a/b", "unix:a", "fd://3"]
        );
    }

    #[test]
    fn a_wrong_bind_is_told_with_its_reason_and_a_form_that_works() {
        let said = |typed: &str| parse(typed).unwrap_err().to_string();
        assert_eq!(
            said(":99999"),
            "error: cannot bind to `:99999`: port 99999 is out of range\n  = fix: a port from 0 to 65535"
        );
        assert_eq!(
            said("web-01:80"),
            "error: cannot bind to `web-01:80`: `web-01` is not an address, and names are not looked up\n  = fix: `--bind 127.0.0.1:8000`"
        );
        assert_eq!(
            said("8000"),
            "error: cannot bind to `8000`: it is a port without its colon\n  = fix: `--bind :8000`"
        );
        assert_eq!(
            said("::1:80"),
            "error: cannot bind to `::1:80`: an IPv6 address with a port stands in brackets\n  = fix: `--bind [::1]:8000`"
        );
        assert_eq!(
            said("fd://2"),
            "error: cannot bind to `fd://2`: a descriptor is a number from 3\n  = fix: `--bind fd://3`"
        );
        assert_eq!(
            said("udp://a"),
            "error: cannot bind to `udp://a`: unknown scheme `udp`\n  = fix: `tcp://`, `unix:` or `fd://`"
        );
        assert_eq!(
            said("unix:"),
            "error: cannot bind to `unix:`: it names no path\n  = fix: `--bind unix:/run/site/app.sock`"
        );
        assert_eq!(
            said("1.2.3.4:http"),
            "error: cannot bind to `1.2.3.4:http`: `http` is not a port\n  = fix: a port from 0 to 65535"
        );
    }
}
