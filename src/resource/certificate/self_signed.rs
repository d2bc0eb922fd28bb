//! A pair that openssl makes on the host and that vouches for itself; its key never leaves.

use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Run, run_or_fault};

use super::pair::{CHAIN, KEY, KeyKind};

/// How long it holds: as long as browsers let any certificate hold.
const DAYS: &str = "397";

/// Makes it for names of hosts and addresses, in a directory of root's alone.
///
/// # Errors
/// Openssl is not there or refuses, or the files cannot be written.
pub fn make(host: &dyn Host, dir: &str, key_kind: KeyKind, names: &[String]) -> Result<(), Fault> {
    let [config, key, chain] = ["openssl.cnf", KEY, CHAIN].map(|name| format!("{dir}/{name}"));
    host.write(&config, request(names).as_bytes(), &Access::root(0o644))?;
    // The directory is root's alone, so nobody sees the key before its mode is set.
    let make_key: &[&str] = match key_kind {
        KeyKind::Ecdsa => &["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &key],
        KeyKind::Rsa => &["openssl", "genrsa", "-out", &key, "2048"],
    };
    run_or_fault(host, &Run::new(make_key))?;
    let sign = [
        "openssl", "req", "-new", "-x509", "-sha256", "-days", DAYS, "-config", &config, "-key", &key,
        "-out", &chain,
    ];
    run_or_fault(host, &Run::new(&sign))?;
    host.set_access(&key, &Access::root(0o600))
}

/// What openssl is told, in the words that its oldest version here (1.0.1) knows.
fn request(names: &[String]) -> String {
    let alternative = |name: &String| match name.parse::<std::net::IpAddr>() {
        Ok(address) => format!("IP:{address}"),
        Err(_) => format!("DNS:{name}"),
    };
    let alternatives: Vec<String> = names.iter().map(alternative).collect();
    // A longer common name is refused; nobody reads it where there are alternative names.
    let common = names.iter().find(|name| name.len() <= 64).map_or("self-signed", String::as_str);
    format!(
        "[req]\nprompt = no\ndistinguished_name = subject\nx509_extensions = server\n\n[subject]\nCN = {common}\n\n\
             [server]\nsubjectAltName = {}\nbasicConstraints = critical,CA:FALSE\n\
             keyUsage = critical,digitalSignature,keyEncipherment\nextendedKeyUsage = serverAuth\n",
        alternatives.join(",")
    )
}
