//! Where somebody listens, and whether somebody would be found there.

/// A place where a program listens, or where one is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// The path of a Unix socket.
    Unix(String),
    /// A host, IPv6 in brackets, and a port.
    Tcp(String, String),
}

impl Listener {
    /// From what `listen` says: a port, an address, or a socket.
    pub fn of_listen(text: &str) -> Option<Self> {
        match text.bytes().all(|b| b.is_ascii_digit()) {
            true => Some(Self::Tcp("0.0.0.0".into(), text.into())),
            false => Self::of(text, "80"),
        }
    }

    /// From an address: `127.0.0.1:5000`, `[::1]:5000`, `unix:/run/a.sock`, `/run/a.sock`, `localhost`; none if no host
    /// could be called so.
    pub fn of(text: &str, port: &str) -> Option<Self> {
        let path = text.strip_prefix("unix:").or(text.starts_with('/').then_some(text));
        if let Some(path) = path {
            return Some(Self::Unix(path.into()));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (text, port),
        };
        (!host.is_empty() && !host.contains('$')).then(|| Self::Tcp(host.into(), port.into()))
    }

    /// Whether only programs of the host itself listen there.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp(host, _) => host.starts_with("127.") || host == "localhost" || host == "[::1]",
        }
    }

    /// Whether who looks for `wanted` finds this one.
    pub fn answers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Unix(path), Self::Unix(wanted)) => path == wanted,
            (Self::Tcp(host, port), Self::Tcp(name, wanted)) => {
                let any = match name.starts_with('[') {
                    true => host == "[::]",
                    false => host == "0.0.0.0" || host == "*",
                };
                port == wanted
                    && (any || host == name || name == "localhost" && (self.is_local() || host == "[::]"))
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_found_where_he_listens_and_nowhere_else() {
        for (listens, wanted, found) in [
            ("127.0.0.1:5000", "127.0.0.1:5000", true),
            ("127.0.0.1:5000", "localhost:5000", true),
            ("127.0.0.1:5000", "127.0.0.1:5001", false),
            ("[::1]:5000", "127.0.0.1:5000", false),
            ("0.0.0.0:5000", "127.0.0.1:5000", true),
            ("[::]:80", "[::1]", true),
            ("/run/a.sock", "unix:/run/a.sock", true),
            ("/run/a.sock", "unix:/run/b.sock", false),
        ] {
            let (one, other) = (Listener::of(listens, "80").unwrap(), Listener::of(wanted, "80").unwrap());
            assert_eq!(one.answers(&other), found, "{listens} {wanted}");
        }
        assert_eq!(Listener::of_listen("80"), Listener::of("0.0.0.0", "80"));
        assert_eq!(Listener::of("$up:80", "80"), None);
    }
}
