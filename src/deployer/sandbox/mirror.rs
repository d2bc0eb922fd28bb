//! Where packages come from: the suites we know, and this machine's own mirrors and proxies.

use std::fs;
use std::path::PathBuf;

use super::tool;
use crate::base::diagnostic::{Diagnostic, did_you_mean};

/// Who makes a suite, and so where it lies and what its parts are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distribution {
    Debian,
    Ubuntu,
}

/// Suites whose init is systemd.
const SUITES: [(&str, Distribution); 8] = [
    ("bullseye", Distribution::Debian),
    ("bookworm", Distribution::Debian),
    ("trixie", Distribution::Debian),
    ("xenial", Distribution::Ubuntu),
    ("bionic", Distribution::Ubuntu),
    ("focal", Distribution::Ubuntu),
    ("jammy", Distribution::Ubuntu),
    ("noble", Distribution::Ubuntu),
];

/// What `/etc/apt/sources.list` of a suite says, and where debootstrap finds the suite.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mirror {
    /// For debootstrap.
    pub(super) url: String,
    /// The whole text of a guest's `sources.list`.
    pub(super) sources: String,
}

/// The mirrors of `suite`, those of this machine first. An unknown suite is refused.
pub(super) fn of(suite: &str) -> Result<Mirror, Diagnostic> {
    let Some((_, distribution)) = SUITES.iter().find(|(name, _)| *name == suite) else {
        let known = SUITES.map(|(name, _)| name);
        return Err(Diagnostic::error(format!("sandbox: unknown suite `{suite}`"))
            .note("known", known.join(", "))
            .fix(format!("suite: {}", did_you_mean(suite, known).unwrap_or("bookworm"))));
    };
    Ok(choose(suite, *distribution, &machine_sources()))
}

/// All of this machine's apt sources as one text.
fn machine_sources() -> String {
    let lists = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let wanted = |path: &PathBuf| path.extension().is_some_and(|e| e == "list" || e == "sources");
    let mut paths: Vec<PathBuf> = lists.map(|entry| entry.path()).filter(wanted).collect();
    paths.push("/etc/apt/sources.list".into());
    paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect::<Vec<_>>().join("\n")
}

/// The first address in `sources` whose last part is `end`; both of apt's formats name it as a word.
fn address(sources: &str, end: &str) -> Option<String> {
    sources
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_end_matches('/'))
        .find(|word| word.starts_with("http") && word.ends_with(end))
        .map(String::from)
}

fn choose(suite: &str, distribution: Distribution, sources: &str) -> Mirror {
    let or = |found: Option<String>, standard: &str| found.unwrap_or_else(|| standard.into());
    match distribution {
        Distribution::Debian => {
            let url = or(address(sources, "/debian"), "http://deb.debian.org/debian");
            let security = or(address(sources, "/debian-security"), "http://deb.debian.org/debian-security");
            let sources = format!(
                "deb {url} {suite} main\ndeb {url} {suite}-updates main\ndeb {security} {suite}-security main\n"
            );
            Mirror { url, sources }
        }
        Distribution::Ubuntu => {
            let url = or(address(sources, "/ubuntu"), "http://archive.ubuntu.com/ubuntu");
            let pocket = |pocket: &str| format!("deb {url} {suite}{pocket} main universe\n");
            let sources = ["", "-updates", "-security"].map(pocket).concat();
            Mirror { url, sources }
        }
    }
}

/// apt's configuration of a guest: this machine's proxies, whether apt or the environment knows them.
pub(super) fn apt_settings() -> String {
    let mut lines = vec!["Acquire::Retries \"3\";".to_string(), "Acquire::Languages \"none\";".into()];
    for scheme in ["http", "https"] {
        if let Ok(proxy) = std::env::var(format!("{scheme}_proxy"))
            && !proxy.is_empty()
        {
            lines.push(format!("Acquire::{scheme}::Proxy \"{proxy}\";"));
        }
    }
    let configured = tool::run("apt-config", &["dump"]).unwrap_or_default();
    let proxies = configured.lines().filter(|line| line.starts_with("Acquire::") && line.contains("::Proxy"));
    lines.extend(proxies.map(String::from));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machines_mirror_is_used_in_either_of_apts_formats() {
        let deb822 = "Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\n";
        let lines =
            "# deb http://old.example/debian bookworm main\ndeb http://mirror.example/debian bookworm main";
        let wanted = "deb http://mirror.example/debian bookworm main\n\
                      deb http://mirror.example/debian bookworm-updates main\n\
                      deb http://deb.debian.org/debian-security bookworm-security main\n";
        for sources in [deb822, lines] {
            assert_eq!(choose("bookworm", Distribution::Debian, sources).sources, wanted);
        }
    }

    #[test]
    fn another_distributions_suite_comes_from_its_own_archive() {
        let sources = "deb http://mirror.example/debian bookworm main";
        let mirror = choose("jammy", Distribution::Ubuntu, sources);
        assert_eq!(mirror.url, "http://archive.ubuntu.com/ubuntu");
    }

    #[test]
    fn a_mistyped_suite_is_refused_with_the_one_that_was_meant() {
        let said = of("bokworm").unwrap_err().to_string();
        let wanted = "error: sandbox: unknown suite `bokworm`\n  = known: bullseye, bookworm, trixie, xenial, \
                      bionic, focal, jammy, noble\n  = fix: suite: bookworm";
        assert_eq!(said, wanted);
    }
}
