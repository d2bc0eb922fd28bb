//! Where an app listens.

use std::net::{IpAddr, Ipv6Addr};

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::Spanned;

/// The kernel's limit of a Unix socket's path in bytes, without the final NUL.
const MAX_SOCKET_PATH: usize = 107;

/// Where an app listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// An IP address, without brackets, and a port.
    Tcp {
        /// `127.0.0.1`, `::1`.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// A Unix socket at an absolute path.
    Unix(String),
    /// A Unix socket of our choice.
    Own,
}

/// Reads a bind; mistakes are added to `said`.
pub fn read(text: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Bind {
    if let Some(path) = text.value.strip_prefix("unix:") {
        return unix(path, text, said);
    }
    let wrong = |label: &str| {
        Diagnostic::error(format!("the bind `{}` cannot be used", text.value.escape_debug()))
            .at(&text.span)
            .label(label)
            .fix("write `127.0.0.1:5000`, `[::1]:5000` or `unix:/run/name.sock`")
    };
    let Some((host, port)) = text.value.rsplit_once(':') else {
        said.push(wrong("there is no port"));
        return Bind::Own;
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let known = match bare {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4()) || host == "localhost",
    };
    if !known {
        said.push(wrong("the host must be `localhost` or an IP address, an IPv6 one in brackets"));
    }
    match port.parse::<u64>() {
        Ok(1..=65535) => {}
        Ok(_) => said.push(wrong("the port is out of range: 1 to 65535")),
        Err(_) => said.push(wrong("the port is no number")),
    }
    // A socket unit takes no name.
    let host = if host == "localhost" { "127.0.0.1" } else { host };
    Bind::Tcp { host: bare.unwrap_or(host).into(), port: port.parse().unwrap_or_default() }
}

fn unix(path: &str, text: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Bind {
    let spanned = Spanned { value: path.to_string(), span: text.span.clone() };
    word::path("the socket", &spanned, said);
    if path.len() > MAX_SOCKET_PATH {
        let message = format!("the socket's path has {} bytes", path.len());
        let label = format!("the kernel takes at most {MAX_SOCKET_PATH}");
        said.push(Diagnostic::error(message).at(&text.span).label(label));
    }
    Bind::Unix(path.into())
}
