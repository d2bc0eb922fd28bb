//! What a server shows and takes when it is asked over TLS, by `openssl s_client`.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Every cipher is tried, those that this machine itself holds for unsafe too.
const ANY: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

/// A server that speaks TLS.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// The name it is asked for.
    pub name: &'a str,
}

/// What became of a handshake.
#[derive(Debug)]
pub struct Handshake {
    /// Everything `openssl` said.
    said: String,
}

impl Server<'_> {
    /// Shakes hands, with further words for `openssl s_client`.
    pub fn shake(&self, words: &[&str]) -> Handshake {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-connect", &format!("{}:{}", self.address, self.port)]);
        openssl.args(["-servername", self.name]).args(words).stdin(Stdio::null());
        let ran = openssl.output().unwrap_or_else(|e| panic!("openssl: {e}; run `make test`"));
        Handshake { said: String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned() }
    }

    /// Which protocols it speaks, of `tls1` to `tls1_3`. One that it does not speak it refuses in so many words.
    pub fn protocols(&self) -> Vec<&'static str> {
        let speaks = |protocol: &&str| {
            let shaken = self.shake(&[&format!("-{protocol}"), "-cipher", ANY]);
            assert!(shaken.is_done() || shaken.said.contains("alert"), "{shaken:?}");
            shaken.is_done()
        };
        ["tls1", "tls1_1", "tls1_2", "tls1_3"].into_iter().filter(speaks).collect()
    }

    /// Which ciphers of TLS 1.2 and older it takes, of all that `openssl` knows.
    pub fn ciphers(&self) -> Vec<String> {
        let list = Command::new("openssl").args(["ciphers", "-tls1_2", ANY]).output().unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        let all: Vec<&str> = list.trim().split(':').filter(|cipher| !cipher.starts_with("TLS_")).collect();
        assert!(all.len() > 60, "{all:?}");
        let takes =
            |cipher: &&&str| self.shake(&["-tls1_2", "-cipher", &format!("{cipher}:@SECLEVEL=0")]).is_done();
        all.iter().filter(takes).map(ToString::to_string).collect()
    }
}

impl Handshake {
    /// Whether both sides agreed.
    pub fn is_done(&self) -> bool {
        self.said.contains("Cipher is ") && !self.said.contains("Cipher is (NONE)")
    }

    /// Whether the server refused, because it has no such name.
    pub fn is_unknown_name(&self) -> bool {
        self.said.contains("unrecognized name")
    }

    /// The protocol inside: `h2`; none if nothing was agreed on.
    pub fn inside(&self) -> Option<&str> {
        self.said.lines().find_map(|line| line.strip_prefix("ALPN protocol: "))
    }

    /// The certificate that was shown, PEM.
    pub fn certificate(&self) -> String {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
        let from = self.said.find(begin).unwrap_or_else(|| panic!("no certificate: {}", self.said));
        let to = self.said.find(end).unwrap() + end.len();
        self.said[from..to].to_string() + "\n"
    }
}

/// Makes a self-signed pair `NAME.pem` and `NAME.key` in a directory, for these names and so many days.
pub fn make_pair(dir: &Path, name: &str, names: &[&str], days: &str) {
    let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", days]);
    openssl.arg("-addext").arg(format!("subjectAltName={}", names.join(",")));
    openssl
        .arg("-keyout")
        .arg(dir.join(format!("{name}.key")))
        .arg("-out")
        .arg(dir.join(format!("{name}.pem")));
    let made = openssl.output().unwrap();
    assert!(made.status.success(), "{made:?}");
}
