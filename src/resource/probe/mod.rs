//! Proof: one HTTP request and what its answer must be.

pub mod proxy_protocol;
#[cfg(test)]
pub mod sample;
pub mod tls;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};

use super::host::Look;
use crate::base::certificate::Chain;
use proxy_protocol::Announced;
use tls::Tls;

/// A request through Nginx and what is expected of the answer.
///
/// ```yaml
/// probe: { name: home, get: /, expect: { status: 200, body: Holberton School } }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// What people call it.
    pub name: String,
    /// Path and query, beginning with `/`.
    pub get: String,
    /// The Host header; the address itself when none.
    #[serde(default)]
    pub host: Option<String>,
    /// The port it asks, 1 to 65535.
    #[serde(default = "default_port")]
    pub port: u16,
    /// How it asks over TLS; plain HTTP when none.
    #[serde(default)]
    pub tls: Option<Shown>,
    /// Whether the connection begins with a line of the PROXY protocol.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// What the answer must be.
    #[serde(default)]
    pub expect: Expect,
}

/// What a site must show of itself when it is asked over TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The host's name that is asked for, and that its certificate must be for.
    pub name: String,
    /// Where the certificate lies on the host.
    pub certificate: String,
}

/// Who asks.
#[derive(Clone, Copy)]
pub enum Asker<'a> {
    /// The host itself: the certificate it shows must be the one that lies there.
    Host(&'a dyn Look),
    /// A machine that cannot see the host's files.
    Desk,
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Exact status code.
    pub status: u16,
    /// A text the body contains.
    pub body: Option<String>,
    /// Headers with their exact values; names in any case.
    pub header: BTreeMap<String, String>,
}

impl Default for Expect {
    fn default() -> Self {
        Self { status: 200, body: None, header: BTreeMap::new() }
    }
}

fn default_port() -> u16 {
    80
}

/// What an answer was instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Miss {
    /// No answer at all.
    Silent(String),
    /// Another status.
    Status {
        /// As answered.
        seen: u16,
        /// As expected.
        wanted: u16,
    },
    /// The body lacks the text.
    Body {
        /// The text it should contain.
        wanted: String,
        /// Its first characters, in one line.
        begins: String,
    },
    /// A header is missing or different.
    Header {
        /// Its name.
        name: String,
        /// As answered; empty when missing.
        seen: String,
        /// As expected.
        wanted: String,
    },
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(why) => write!(f, "no answer: {why}"),
            Self::Status { seen, wanted } => write!(f, "status {seen}, wanted {wanted}"),
            Self::Body { wanted, begins } => write!(f, "body lacks `{wanted}`; it begins `{begins}`"),
            Self::Header { name, seen, wanted } => write!(f, "header {name} is `{seen}`, wanted `{wanted}`"),
        }
    }
}

/// An answer: status, headers with lower-case names, body.
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, at most 1 MiB of it.
    pub body: String,
}

/// How long each part of a request may take: connecting, the answer's head, its body.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How much of a body is read.
const BODY_LIMIT: u64 = 1 << 20;
/// Pause between tries.
const PAUSE: Duration = Duration::from_millis(50);

impl Probe {
    /// Asks `address` until the answer is as expected or `patience` is over; 0 asks once.
    pub fn check(&self, address: &str, patience: Duration, asker: Asker) -> Result<(), Miss> {
        let deadline = Instant::now() + patience;
        loop {
            match self.ask(address, asker).and_then(|answer| self.compare(&answer)) {
                Ok(()) => return Ok(()),
                Err(miss) if Instant::now() >= deadline => return Err(miss),
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Compares an answer with what is expected; pure.
    pub fn compare(&self, answer: &Answer) -> Result<(), Miss> {
        let expect = &self.expect;
        if answer.status != expect.status {
            return Err(Miss::Status { seen: answer.status, wanted: expect.status });
        }
        for (name, wanted) in &expect.header {
            let found = answer.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            let seen = found.map_or("", |(_, v)| v);
            if seen != wanted {
                return Err(Miss::Header { name: name.clone(), seen: seen.into(), wanted: wanted.clone() });
            }
        }
        match &expect.body {
            Some(wanted) if !answer.body.contains(wanted.as_str()) => {
                let words: Vec<&str> = answer.body.split_whitespace().take(60).collect();
                let begins = words.join(" ").chars().take(60).collect();
                Err(Miss::Body { wanted: wanted.clone(), begins })
            }
            _ => Ok(()),
        }
    }

    /// Plain HTTP, or TLS with a certificate that is as it must be.
    fn agent(&self, config: Config, asker: Asker) -> Result<Agent, String> {
        let connector = ().chain(TcpConnector::default()).chain(Announced(self.proxy_protocol));
        let resolver = DefaultResolver::default();
        let Some(shown) = &self.tls else { return Ok(Agent::with_parts(config, connector, resolver)) };
        let installed = match asker {
            Asker::Desk => None,
            Asker::Host(look) => {
                let pem = look.read(&shown.certificate).map_err(|fault| fault.message)?.unwrap_or_default();
                let chain = Chain::parse(&String::from_utf8_lossy(&pem));
                Some(
                    chain
                        .ok_or_else(|| format!("no certificate in `{}`", shown.certificate))?
                        .leaf()
                        .to_vec(),
                )
            }
        };
        Ok(Agent::with_parts(config, connector.chain(Tls::new(&shown.name, installed)?), resolver))
    }

    fn ask(&self, address: &str, asker: Asker) -> Result<Answer, Miss> {
        let silent = |error: ureq::Error| Miss::Silent(error.to_string());
        let config = Agent::config_builder()
            // Not one timeout for all: that would resolve the name in a thread of its own.
            .timeout_connect(Some(TIMEOUT))
            .timeout_recv_response(Some(TIMEOUT))
            .timeout_recv_body(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let agent = self.agent(config, asker).map_err(Miss::Silent)?;
        let mut request = agent.get(format!("{scheme}://{address}:{}{}", self.port, self.get));
        if let Some(host) = &self.host {
            request = request.header("Host", host);
        }
        let mut response = request.call().map_err(silent)?;
        let headers = response.headers().iter();
        let headers = headers
            .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(BODY_LIMIT).read_to_vec().map_err(silent)?;
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_that_differs_is_named() {
        let header = BTreeMap::from([("X-Served-By".to_string(), "web-01".to_string())]);
        let expect = Expect { status: 200, body: Some("School".into()), header };
        let probe = sample::probe(80, expect);
        let answer = |status, server: &str, body: &str| Answer {
            status,
            headers: vec![("x-served-by".into(), server.into())],
            body: body.into(),
        };
        let said = |a: Answer| probe.compare(&a).map_err(|m| m.to_string());
        assert_eq!(said(answer(200, "web-01", "Holberton School")), Ok(()));
        assert_eq!(said(answer(502, "web-01", "")), Err("status 502, wanted 200".into()));
        assert_eq!(
            said(answer(200, "web-02", "")),
            Err("header X-Served-By is `web-02`, wanted `web-01`".into())
        );
        assert_eq!(said(answer(200, "web-01", "hi")), Err("body lacks `School`; it begins `hi`".into()));
    }

    #[test]
    fn a_closed_port_is_no_answer() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let probe = sample::probe(port, Expect::default());
        assert!(matches!(probe.check("127.0.0.1", Duration::ZERO, Asker::Desk), Err(Miss::Silent(_))));
    }
}
