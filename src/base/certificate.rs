//! Certificates of TLS as files hold them (PEM, <https://www.rfc-editor.org/rfc/rfc7468>): whose key is theirs, what
//! names they are for, and until when.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use webpki::{EndEntityCert, KeyUsage};

/// The certificate of a server, and those that vouch for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(Vec<CertificateDer<'static>>);

/// When a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// At the time asked for.
    Holds,
    /// It began later: seconds since 1970.
    Begins(u64),
    /// It ended before: seconds since 1970.
    Ended(u64),
    /// It ends before it begins.
    Never,
}

/// Why a key and a certificate do not serve together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// There is no key in the text.
    NoKey,
    /// The key is of a kind that is not known here, or its file is damaged.
    Unreadable,
    /// It is the key of another certificate.
    Foreign,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "there is no private key in it (`-----BEGIN PRIVATE KEY-----`); one with a passphrase cannot be used",
            Self::Unreadable => "it is damaged, or neither RSA, ECDSA nor Ed25519",
            Self::Foreign => "it is the key of another certificate",
        })
    }
}

impl Chain {
    /// Reads the certificates of a text, the server's own first; none if there is no certificate in it, or a damaged one.
    pub fn parse(pem: &str) -> Option<Self> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty())?;
        chain.iter().all(|one| EndEntityCert::try_from(one).is_ok()).then_some(Self(chain))
    }

    /// The server's own certificate, in DER.
    pub fn leaf(&self) -> &[u8] {
        &self.0[0]
    }

    /// Whether it is for that name of a host: a host name without a port, or an address.
    pub fn is_for(&self, name: &str) -> bool {
        let Ok(name) = ServerName::try_from(name) else { return false };
        let parsed = ParsedCertificate::try_from(&self.0[0]);
        parsed.is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }

    /// The names of hosts that it is for, in lower case; patterns as they stand in it.
    pub fn names(&self) -> BTreeSet<String> {
        let leaf = EndEntityCert::try_from(&self.0[0]);
        leaf.iter().flat_map(|leaf| leaf.valid_dns_names()).map(str::to_ascii_lowercase).collect()
    }

    /// Whether it holds so much later than now.
    pub fn term(&self, later: Duration) -> Term {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(now + later);
        let Ok(leaf) = EndEntityCert::try_from(&self.0[0]) else { return Term::Ended(0) };
        // Nobody is trusted here, so it always fails in the end; its times are looked at before anything else.
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        let usage = KeyUsage::server_auth();
        match leaf.verify_for_usage(algorithms, &[], &self.0[1..], at, usage, None, None) {
            Err(webpki::Error::CertExpired { not_after, .. }) => Term::Ended(not_after.as_secs()),
            Err(webpki::Error::CertNotValidYet { not_before, .. }) => Term::Begins(not_before.as_secs()),
            Err(webpki::Error::InvalidCertValidity) => Term::Never,
            _ => Term::Holds,
        }
    }

    /// Whether the private key of a text is the certificate's.
    ///
    /// # Errors
    /// Why not.
    pub fn has_key(&self, pem: &str) -> Result<(), Mismatch> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| Mismatch::NoKey)?;
        match CertifiedKey::from_der(self.0.clone(), key, &ring::default_provider()) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InconsistentKeys(_)) => Err(Mismatch::Foreign),
            Err(_) => Err(Mismatch::Unreadable),
        }
    }
}

/// Self-signed pairs for tests.
#[cfg(test)]
pub mod sample {
    use std::process::Command;

    /// A certificate for these names and so many days, and its key.
    pub fn pair(names: &str, days: &str) -> (String, String) {
        let dir = tempfile::tempdir().unwrap();
        let [cert, key] = ["c", "k"].map(|name| dir.path().join(name));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        openssl.args(["-subj", "/CN=test", "-days", days, "-addext", &format!("subjectAltName={names}")]);
        let made = openssl.arg("-keyout").arg(&key).arg("-out").arg(&cert).output();
        let made = made.unwrap_or_else(|e| panic!("openssl: {e}; run `make test`"));
        assert!(made.status.success(), "{made:?}");
        (std::fs::read_to_string(cert).unwrap(), std::fs::read_to_string(key).unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::sample::pair;
    use super::*;

    #[test]
    fn a_certificate_is_for_the_names_in_it_and_no_others() {
        let names = "DNS:example.com,DNS:*.example.org,IP:192.0.2.1";
        let chain = Chain::parse(&pair(names, "30").0).unwrap();
        let asked = [
            ("example.com", true),
            ("www.example.com", false),
            ("a.example.org", true),
            ("example.org", false),
            ("a.b.example.org", false),
            ("192.0.2.1", true),
            ("?", false),
        ];
        for (name, wanted) in asked {
            assert_eq!(chain.is_for(name), wanted, "{name}");
        }
    }

    #[test]
    fn the_names_of_a_certificate_are_all_of_them() {
        let chain = Chain::parse(&pair("DNS:B.test,DNS:*.a.test,IP:192.0.2.1", "30").0).unwrap();
        assert_eq!(chain.names().into_iter().collect::<Vec<_>>(), ["*.a.test", "b.test"]);
    }

    #[test]
    fn a_certificate_that_ends_before_it_begins_never_holds() {
        let chain = Chain::parse(&pair("DNS:a.test", "30").0).unwrap();
        let mut der = chain.leaf().to_vec();
        // Two UTCTime of 13 characters, one after the other.
        let first = der.windows(2).position(|bytes| bytes == [0x17, 13]).unwrap();
        let (begin, end) = der[first..first + 30].split_at(15);
        let swapped = [end, begin].concat();
        der[first..first + 30].copy_from_slice(&swapped);
        let chain = Chain(vec![der.into()]);
        assert_eq!(chain.term(Duration::ZERO), Term::Never);
    }

    #[test]
    fn a_certificate_holds_until_its_end() {
        const DAY: Duration = Duration::from_secs(86400);
        let chain = Chain::parse(&pair("DNS:example.com", "10").0).unwrap();
        assert_eq!(chain.term(DAY * 9), Term::Holds);
        assert!(matches!(chain.term(DAY * 11), Term::Ended(at) if at > 0));
    }

    #[test]
    fn a_key_is_known_to_be_the_certificates_own() {
        let ((cert, key), (_, other)) = (pair("DNS:a.test", "30"), pair("DNS:a.test", "30"));
        let chain = Chain::parse(&cert).unwrap();
        assert_eq!(chain.has_key(&key), Ok(()));
        assert_eq!(chain.has_key(&other), Err(Mismatch::Foreign));
        assert_eq!(chain.has_key(&cert), Err(Mismatch::NoKey));
        assert_eq!(Chain::parse(&key), None);
        assert_eq!(Chain::parse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), None);
    }
}
