//! A certificate from an authority that speaks ACME (RFC 8555), by certbot of the distribution, which renews it too.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lineage::{HOOK, Lineage};
use super::pair::{self, CHAIN, KEY, KeyKind, LIVE};
use crate::base::certificate::{Chain, Term};
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Kind, Look, Run};

/// A certificate for names that lead to this host, proven by pages that a running Nginx serves from `webroot`.
///
/// The link `PATH/live`, at which another pair stood in, turns to it.
///
/// ```yaml
/// acme: { path: /etc/ssl/deployer/site, name: site, names: [example.com], webroot: /var/lib/deployer/acme, directory_url: https://acme-v02.api.letsencrypt.org/directory }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acme {
    /// Absolute path of the directory with the link.
    pub path: String,
    /// What certbot calls the certificate.
    pub name: String,
    /// Names of hosts; at least one.
    pub names: Vec<String>,
    /// Absolute path of the directory whose `.well-known/acme-challenge/` is served.
    pub webroot: String,
    /// The authority: the URL of its directory.
    pub directory_url: String,
    /// Where it writes to.
    #[serde(default)]
    pub email: Option<String>,
    /// The kind of the key.
    #[serde(default)]
    pub key: KeyKind,
}

/// certbot's own timer renews 30 days before the end; who is nearer to it than this has no working timer.
const SPARE: Duration = Duration::from_secs(7 * 86400);
/// What is wrong where certbot has the wanted one already.
const NOT_IN_USE: &str = "not in use";
/// The first certbot that can be told the kind of a key.
const KEY_TYPE_SINCE: (u32, u32) = (1, 10);

/// What keeps the certificate from being the wanted one, and whether certbot has one of this name.
pub struct Seen {
    wrong: Option<&'static str>,
    known: bool,
}

impl Verbs for Acme {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let link = look.stat(&format!("{}/{LIVE}", self.path))?.map(|stat| stat.kind);
        let lineage = Lineage::read(look, &self.name)?;
        let (certificate, key) = (pair::text(look, &self.dir(), CHAIN)?, pair::text(look, &self.dir(), KEY)?);
        let chain = Chain::parse(&certificate).filter(|chain| chain.has_key(&key).is_ok());
        let names = self.names.iter().map(|name| name.to_ascii_lowercase()).collect::<BTreeSet<_>>();
        let remembered = |key: &str| lineage.as_ref().and_then(|lineage| lineage.value(key));
        // An older certbot says nothing of it, and knows one kind.
        let is_other_key = remembered("key_type").is_some_and(|kind| kind != self.key_type());
        let wrong = match chain {
            None => Some("none"),
            Some(chain) if chain.names() != names => Some("for other names"),
            Some(_) if is_other_key => Some("with another kind of key"),
            Some(_) if remembered("server") != Some(&self.directory_url) => Some("from another authority"),
            Some(chain) if chain.term(SPARE) != Term::Holds => Some("at its end"),
            Some(_) if !lineage.as_ref().is_some_and(Lineage::is_ours) => Some("renewed without a reload"),
            Some(_) => (link != Some(Kind::Link(self.dir()))).then_some(NOT_IN_USE),
        };
        Ok(Seen { wrong, known: lineage.is_some() })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let wanted = |why| {
            Change::new(
                "certificate",
                why,
                format!("from {}, for {}", self.directory_url, self.names.join(", ")),
            )
        };
        seen.wrong.map(wanted).into_iter().collect()
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        if seen.wrong != Some(NOT_IN_USE) {
            host.make_directory(&self.webroot, &Access::root(0o755))?;
            let ran = host.run(&Run::new(&self.command(seen, host)?))?;
            if ran.status != 0 {
                return Err(self.refused(&ran.text()));
            }
        }
        host.link(&format!("{}/{LIVE}", self.path), &self.dir())
    }
}

impl Acme {
    /// Where certbot keeps the newest pair.
    fn dir(&self) -> String {
        format!("/etc/letsencrypt/live/{}", self.name)
    }

    /// The kind of the key, in certbot's word.
    fn key_type(&self) -> &'static str {
        if self.key == KeyKind::Rsa { "rsa" } else { "ecdsa" }
    }

    fn command(&self, seen: &Seen, look: &dyn Look) -> Result<Vec<String>, Fault> {
        let mut words = vec!["certbot", "certonly", "--non-interactive", "--agree-tos", "--webroot"];
        words.extend([
            "--webroot-path",
            &self.webroot,
            "--cert-name",
            &self.name,
            "--server",
            &self.directory_url,
        ]);
        words.extend(["--deploy-hook", HOOK]);
        match &self.email {
            Some(email) => words.extend(["--email", email]),
            None => words.push("--register-unsafely-without-email"),
        }
        if seen.known {
            words.extend(["--force-renewal", "--renew-with-new-domains"]);
        }
        let said = look.ask(&Run::new(&["certbot", "--version"]))?;
        if certbot_version(&said.text()).is_some_and(|version| version >= KEY_TYPE_SINCE) {
            words.extend(["--key-type", self.key_type()]);
        }
        self.names.iter().for_each(|name| words.extend(["--domain", name]));
        Ok(words.into_iter().map(str::to_string).collect())
    }

    /// Why there is no certificate, from what certbot said.
    fn refused(&self, said: &str) -> Fault {
        let url = &self.directory_url;
        let names = self.names.join(", ");
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let again = "then run the same command again";
        let (why, fix) = if says(&["not found"]) && says(&["certbot"]) {
            ("certbot is not there", format!("install it (apt-get install certbot), {again}"))
        } else if says(&["Another instance of Certbot"]) {
            ("certbot is running already", format!("wait for it (on the host: ps -C certbot), {again}"))
        } else if says(&["rateLimited", "too many certificates", "too many failed"]) {
            ("the authority gave too many already", "wait as long as it says; for tries, name its staging directory: `directory_url: https://acme-staging-v02.api.letsencrypt.org/directory`".to_string())
        } else if says(&["Some challenges have failed", "failed to authenticate"]) {
            (
                "the authority could not read the proof from this host",
                format!("let {names} lead to this host, and port 80 be open to everybody, {again}"),
            )
        } else if says(&[
            "Connection refused",
            "ConnectionError",
            "timed out",
            "Max retries",
            "requests.exceptions",
            "SSLError",
            "Name or service not known",
        ]) {
            ("the authority cannot be reached", format!("see why, on the host: curl -sS {url}; {again}"))
        } else {
            (
                "certbot failed",
                format!(
                    "repair what the last lines name (more of them on the host: /var/log/letsencrypt/letsencrypt.log), {again}"
                ),
            )
        };
        let message = format!(
            "no certificate for {names} from {url}: {why}; the site goes on with the certificate it has"
        );
        Fault::new(message).output(said).fix(fix)
    }
}

/// `certbot 2.1.0` → (2, 1).
fn certbot_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().strip_prefix("certbot ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::certificate::sample;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    const URL: &str = "https://ca.test/dir";

    fn order(names: &[&str]) -> Acme {
        Acme {
            path: "/etc/ssl/deployer/site".into(),
            name: "site".into(),
            names: names.iter().map(ToString::to_string).collect(),
            webroot: "/var/lib/deployer/acme".into(),
            directory_url: URL.into(),
            email: None,
            key: KeyKind::Ecdsa,
        }
    }

    /// A host whose certbot has a certificate for `a.test`.
    fn served(days: &str) -> FakeHost {
        served_for("DNS:a.test", days)
    }

    fn served_for(names: &str, days: &str) -> FakeHost {
        let host = FakeHost::default();
        let (certificate, key) = sample::pair(names, days);
        host.put("/etc/letsencrypt/live/site/fullchain.pem", &certificate);
        host.put("/etc/letsencrypt/live/site/privkey.pem", &key);
        let renewal = format!("[renewalparams]\nkey_type = ecdsa\nrenew_hook = {HOOK}\nserver = {URL}\n");
        host.put("/etc/letsencrypt/renewal/site.conf", &renewal);
        host.link("/etc/ssl/deployer/site/live", "/etc/letsencrypt/live/site").unwrap();
        host
    }

    #[test]
    fn a_certificate_that_serves_is_left_alone() {
        assert_eq!(order(&["a.test"]).converge(&served("30")), Outcome::Unchanged);
        let both = served_for("DNS:b.test,DNS:a.test", "30");
        assert_eq!(order(&["a.test", "B.test"]).converge(&both), Outcome::Unchanged);
    }

    #[test]
    fn what_is_not_as_wanted_is_named() {
        let why = |host: FakeHost, order: Acme| order.changes(&host).unwrap()[0].from.clone();
        assert_eq!(why(FakeHost::default(), order(&["a.test"])), "none");
        assert_eq!(why(served("30"), order(&["a.test", "b.test"])), "for other names");
        let more = served_for("DNS:a.test,DNS:b.test", "30");
        assert_eq!(
            why(more, order(&["a.test"])),
            "for other names",
            "a name that was dropped is not renewed"
        );
        let rsa = Acme { key: KeyKind::Rsa, ..order(&["a.test"]) };
        assert_eq!(why(served("30"), rsa), "with another kind of key");
        let other = Acme { directory_url: "https://other.test/dir".into(), ..order(&["a.test"]) };
        assert_eq!(why(served("30"), other), "from another authority");
        assert_eq!(why(served("6"), order(&["a.test"])), "at its end");
        let host = served("30");
        host.link("/etc/ssl/deployer/site/live", "self-1.0").unwrap();
        let seen = order(&["a.test"]);
        assert_eq!(seen.changes(&host).unwrap()[0].from, "not in use");
        assert!(matches!(seen.converge(&host), Outcome::Changed(_)));
        assert!(!host.writes().iter().any(|done| done.starts_with("run certbot")), "it is there already");
    }

    #[test]
    fn certbot_is_told_what_its_version_knows() {
        let words = |said: &str, host: FakeHost| {
            host.answer("certbot --version", said, 0);
            let order = Acme { email: Some("me@a.test".into()), ..order(&["a.test", "b.test"]) };
            order.command(&order.observe(&host).unwrap(), &host).unwrap().join(" ")
        };
        let first = "certbot certonly --non-interactive --agree-tos --webroot --webroot-path /var/lib/deployer/acme \
            --cert-name site --server https://ca.test/dir --deploy-hook nginx -t -q && nginx -s reload --email me@a.test";
        assert_eq!(
            words("certbot 0.40.0\n", FakeHost::default()),
            format!("{first} --domain a.test --domain b.test")
        );
        let again =
            "--force-renewal --renew-with-new-domains --key-type ecdsa --domain a.test --domain b.test";
        assert_eq!(words("certbot 2.1.0\n", served("30")), format!("{first} {again}"));
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let host = FakeHost::default();
        for (said, why, fix) in [
            ("certbot: not found", "certbot is not there", "apt-get install certbot"),
            (
                "ValueError: Requesting ca.test/dir: Connection refused",
                "the authority cannot be reached",
                "curl -sS https://ca.test/dir",
            ),
            (
                "Detail: 192.0.2.1: Fetching http://a.test/: Connection refused\nSome challenges have failed.",
                "could not read the proof",
                "port 80",
            ),
            ("Error: urn:ietf:params:acme:error:rateLimited", "too many already", "staging"),
            ("something else", "certbot failed", "letsencrypt.log"),
        ] {
            host.answer("certbot certonly", said, 1);
            let Outcome::Failed(fault) = order(&["a.test"]).converge(&host) else { panic!("{said}") };
            assert!(
                fault.message.contains(why) && fault.message.ends_with("with the certificate it has"),
                "{fault}"
            );
            assert!(fault.fix.as_ref().is_some_and(|text| text.contains(fix)), "{fault:?}");
            assert_eq!(fault.output, said);
        }
        assert!(host.stat("/etc/ssl/deployer/site/live").unwrap().is_none());
    }
}
