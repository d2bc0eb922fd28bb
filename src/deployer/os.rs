//! What a release of Ubuntu or Debian brings: facts without a host, for `render --os`, and the versions of Nginx and
//! HAProxy before they are installed.

use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::resource::service::init::Init;

use super::nginx::Version;

/// Name, version, systemd (0: Upstart), Nginx and HAProxy as its archive has them.
type Release = (&'static str, &'static str, u32, Version, Version);

/// Those that are known.
const RELEASES: [Release; 10] = [
    ("ubuntu", "14.04", 0, [1, 4, 6], [1, 4, 24]),
    ("ubuntu", "16.04", 229, [1, 10, 3], [1, 6, 3]),
    ("ubuntu", "18.04", 237, [1, 14, 0], [1, 8, 8]),
    ("ubuntu", "20.04", 245, [1, 18, 0], [2, 0, 13]),
    ("ubuntu", "22.04", 249, [1, 18, 0], [2, 4, 14]),
    ("ubuntu", "24.04", 255, [1, 24, 0], [2, 8, 5]),
    ("ubuntu", "26.04", 259, [1, 28, 0], [3, 2, 0]),
    ("debian", "11", 247, [1, 18, 0], [2, 2, 9]),
    ("debian", "12", 252, [1, 22, 1], [2, 6, 12]),
    ("debian", "13", 257, [1, 26, 3], [3, 0, 11]),
];

/// The facts of a release by name (`ubuntu-22.04`), for a host called `hostname`.
///
/// # Errors
/// An unknown name, with the known ones.
pub fn facts(name: &str, hostname: &str) -> Result<Facts, Diagnostic> {
    let known: Vec<String> = RELEASES.iter().map(|(os, version, ..)| format!("{os}-{version}")).collect();
    let Some(at) = known.iter().position(|k| k == name) else {
        let unknown = Diagnostic::error(format!("unknown release `{name}`"));
        let unknown = unknown.label(format!("known: {}", known.join(", ")));
        return Err(unknown.suggest(name, known.iter().map(String::as_str)));
    };
    let (os, version, systemd, nginx, haproxy) = RELEASES[at];
    Ok(Facts {
        hostname: hostname.to_string(),
        os: os.to_string(),
        os_version: version.to_string(),
        arch: std::env::consts::ARCH.to_string(),
        init: if systemd == 0 { Init::Upstart } else { Init::Systemd },
        systemd,
        nginx: Some(nginx),
        haproxy: Some(haproxy),
        gzip_static: true,
        ipv6: true,
        ssh_ports: Vec::new(),
    })
}

/// The version of Nginx a host has, or will have once it is installed from its archive.
pub fn nginx(facts: &Facts) -> Version {
    facts.nginx.or(shipped(facts).map(|(.., nginx, _)| *nginx)).unwrap_or([1, 18, 0])
}

/// The version of HAProxy a host has, or will have once it is installed from its archive.
pub fn haproxy(facts: &Facts) -> Version {
    facts.haproxy.or(shipped(facts).map(|(.., haproxy)| *haproxy)).unwrap_or([2, 4, 0])
}

fn shipped(facts: &Facts) -> Option<&'static Release> {
    RELEASES.iter().find(|(os, version, ..)| *os == facts.os && *version == facts.os_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_known_by_name_and_a_typo_is_suggested() {
        assert_eq!(facts("ubuntu-14.04", "a").unwrap().init, Init::Upstart);
        assert_eq!(nginx(&Facts { nginx: None, ..facts("debian-12", "a").unwrap() }), [1, 22, 1]);
        let old = facts("ubuntu-18.04", "a").unwrap();
        assert_eq!(haproxy(&Facts { haproxy: None, ..old.clone() }), [1, 8, 8]);
        assert_eq!(
            haproxy(&Facts { haproxy: Some([2, 8, 5]), ..old }),
            [2, 8, 5],
            "it is installed, from elsewhere"
        );
        assert_eq!(facts("ubuntu-22.4", "a").unwrap_err().fix, Some("did you mean `ubuntu-22.04`?".into()));
    }
}
