//! A certificate and its key in a directory of their own, behind a link that turns from one pair to the next: no reader
//! ever sees the certificate of one pair with the key of another.

pub mod acme;
pub mod lineage;
pub mod pair;
mod self_signed;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Access, Host, Kind, Look};
use super::stamp;
use crate::base::certificate::{Chain, Term};
use lineage::Lineage;
use pair::{CHAIN, COMBINED, KEY, KeyKind, LIVE, Pair, combined, text};

/// A pair at `PATH/live/fullchain.pem` and `PATH/live/privkey.pem`: sent from the desk, or made and renewed on the host.
///
/// ```yaml
/// certificate: { path: /etc/ssl/deployer/site, names: [example.com] }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Absolute path of the directory; root's alone.
    pub path: String,
    /// Names of hosts, `*.` may stand in front of one, and addresses; at least one.
    pub names: Vec<String>,
    /// The kind of a key that is made here.
    #[serde(default)]
    pub key: KeyKind,
    /// The pair itself; none: a self-signed one is made here, and its key never leaves.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// Whether any pair will do, until another step puts the real one in its place.
    #[serde(default)]
    pub stand_in: bool,
    /// Whether both also lie in one file, `PATH/live/combined.pem`, as HAProxy reads them.
    #[serde(default)]
    pub combined: bool,
}

/// How long before its end a self-signed one is made anew.
const SPARE: Duration = Duration::from_secs(30 * 86400);
/// Who may see a directory with a key in it.
const ROOT_ALONE: Access = Access::root(0o700);

/// The pair that serves: where the link leads, and what keeps it from being the wanted one.
pub struct Seen {
    target: Option<String>,
    wrong: Option<&'static str>,
    /// Whether certbot goes on to renew another one for it, by an order of ours.
    is_renewed: bool,
}

impl Verbs for Certificate {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let link = look.stat(&format!("{}/{LIVE}", self.path))?.map(|stat| stat.kind);
        let is_renewed =
            !self.stand_in && Lineage::read(look, self.name())?.is_some_and(|lineage| lineage.is_ours());
        let Some(Kind::Link(target)) = link else {
            return Ok(Seen { target: None, wrong: Some("none"), is_renewed });
        };
        let wrong = self.wrong(look, &target)?;
        Ok(Seen { target: Some(target), wrong, is_renewed })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let what = if self.pair.is_some() { "from the desk" } else { "self-signed" };
        let wanted = |why| Change::new("certificate", why, format!("{what}, for {}", self.names.join(", ")));
        let renewal = seen.is_renewed.then(|| Change::new("renewal by certbot", "on", "off"));
        seen.wrong.map(wanted).into_iter().chain(renewal).collect()
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        if seen.wrong.is_some() {
            self.put(seen, host)?;
        }
        // Nothing leads to it any more.
        if seen.is_renewed { lineage::forget(self.name(), host) } else { Ok(()) }
    }
}

impl Certificate {
    /// Makes the wanted pair beside the old one, and turns the link.
    fn put(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        host.make_directory(parent(&self.path), &Access::root(0o755))?;
        host.make_directory(&self.path, &ROOT_ALONE)?;
        let there = host.list(&self.path)?;
        let mut names = (0..).map(|number| format!("{}.{number}", self.id()));
        let name = names.find(|name| !there.contains(name)).unwrap_or_else(|| self.id());
        let dir = format!("{}/{name}", self.path);
        host.make_directory(&dir, &ROOT_ALONE)?;
        match &self.pair {
            Some(pair) => {
                host.write(&format!("{dir}/{KEY}"), pair.key.as_bytes(), &Access::root(0o600))?;
                host.write(&format!("{dir}/{CHAIN}"), pair.certificate.as_bytes(), &Access::root(0o644))?;
            }
            None => self_signed::make(host, &dir, self.key, &self.names)?,
        }
        if self.combined {
            let (chain, key) = (text(host, &dir, CHAIN)?, text(host, &dir, KEY)?);
            host.write(
                &format!("{dir}/{COMBINED}"),
                combined(&chain, &key).as_bytes(),
                &Access::root(0o600),
            )?;
        }
        host.link(&format!("{}/{LIVE}", self.path), &name)?;
        // The pair before this one stays: a service that was not reloaded yet may read it once more.
        let kept = [name.as_str(), LIVE, seen.target.as_deref().unwrap_or_default()];
        for old in there.iter().filter(|old| !kept.contains(&old.as_str())) {
            host.remove(&format!("{}/{old}", self.path))?;
        }
        Ok(())
    }

    /// What certbot would call a certificate for the same site.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// What the name of a pair's directory begins with: it says what is in it.
    fn id(&self) -> String {
        let (kind, asked) = match &self.pair {
            Some(pair) => ("files", format!("{}\0{}", pair.certificate, pair.key)),
            None => ("self", format!("{:?}\0{}", self.key, self.names.join("\0"))),
        };
        format!("{kind}-{}", &stamp::digest(asked.as_bytes())[..12])
    }

    /// Why the pair that the link leads to is not the wanted one.
    fn wrong(&self, look: &dyn Look, target: &str) -> Result<Option<&'static str>, Fault> {
        let dir =
            if target.starts_with('/') { target.to_string() } else { format!("{}/{target}", self.path) };
        let (certificate, key) = (text(look, &dir, CHAIN)?, text(look, &dir, KEY)?);
        let Some(chain) = Chain::parse(&certificate).filter(|chain| chain.has_key(&key).is_ok()) else {
            return Ok(Some("damaged"));
        };
        if self.combined && text(look, &dir, COMBINED)? != combined(&certificate, &key) {
            return Ok(Some("in two files"));
        }
        if self.stand_in {
            return Ok(None);
        }
        let ours = target.rsplit_once('.').is_some_and(|(id, _)| id == self.id());
        Ok(match &self.pair {
            _ if !ours => Some("another one"),
            Some(pair) => (pair.certificate != certificate || pair.key != key).then_some("changed"),
            None => (chain.term(SPARE) != Term::Holds).then_some("at its end"),
        })
    }
}

/// The directory that something lies in.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::certificate::sample;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    const PATH: &str = "/etc/ssl/deployer/site";

    fn self_signed() -> Certificate {
        let (path, names) = (PATH.to_string(), vec!["a.test".to_string(), "*.b.test".into()]);
        Certificate { path, names, key: KeyKind::Ecdsa, pair: None, stand_in: false, combined: false }
    }

    fn sent((certificate, key): (String, String)) -> Certificate {
        Certificate { pair: Some(Pair { certificate, key }), ..self_signed() }
    }

    /// A host on which a self-signed pair is live that holds so many days.
    fn host_with(days: &str) -> FakeHost {
        let host = FakeHost::default();
        let (certificate, key) = sample::pair("DNS:a.test", days);
        let name = format!("{}.0", self_signed().id());
        host.put(&format!("{PATH}/{name}/{CHAIN}"), &certificate);
        host.put(&format!("{PATH}/{name}/{KEY}"), &key);
        host.link(&format!("{PATH}/{LIVE}"), &name).unwrap();
        host
    }

    #[test]
    fn a_pair_from_the_desk_is_taken_once_and_a_newer_one_after_it() {
        let host = FakeHost::default();
        let first = sent(sample::pair("DNS:a.test", "30"));
        let wanted = Change::new("certificate", "none", "from the desk, for a.test, *.b.test");
        assert_eq!(first.converge(&host), Outcome::Changed(vec![wanted]));
        assert_eq!(first.converge(&host), Outcome::Unchanged);
        let key = format!("{PATH}/{}.0/{KEY}", first.id());
        assert_eq!(host.stat(&key).unwrap().unwrap().mode, 0o600);
        let second = sent(sample::pair("DNS:a.test", "30"));
        assert!(matches!(second.converge(&host), Outcome::Changed(_)));
        let link = host.stat(&format!("{PATH}/{LIVE}")).unwrap().unwrap().kind;
        assert_eq!(link, Kind::Link(format!("{}.0", second.id())));
        assert!(host.stat(&key).unwrap().is_some(), "the one before stays");
        let third = sent(sample::pair("DNS:a.test", "30"));
        assert!(matches!(third.converge(&host), Outcome::Changed(_)));
        assert!(host.stat(&key).unwrap().is_none(), "the one before that does not");
    }

    #[test]
    fn a_pair_that_lies_in_two_files_is_written_anew_where_one_file_is_wanted() {
        let host = FakeHost::default();
        let (certificate, key) = sample::pair("DNS:a.test", "30");
        let pair = sent((certificate.clone(), key.clone()));
        pair.converge(&host);
        let in_one = Certificate { combined: true, ..pair };
        assert_eq!(in_one.changes(&host).unwrap()[0].from, "in two files");
        assert!(matches!(in_one.converge(&host), Outcome::Changed(_)));
        let path = format!("{PATH}/{}.1/{COMBINED}", in_one.id());
        assert_eq!(host.text(&path), Some(format!("{certificate}\n{key}")));
        assert_eq!(host.stat(&path).unwrap().unwrap().mode, 0o600);
        assert_eq!(in_one.converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn what_an_authority_gave_before_is_not_renewed_any_more() {
        let host = host_with("31");
        let path = lineage::path("site");
        host.put(&path, "[renewalparams]\nrenew_hook = systemctl reload other\n");
        assert_eq!(self_signed().converge(&host), Outcome::Unchanged, "somebody else's");
        host.put(&path, &format!("[renewalparams]\nrenew_hook = {}\n", lineage::HOOK));
        let stand_in = Certificate { stand_in: true, ..self_signed() };
        assert_eq!(stand_in.converge(&host), Outcome::Unchanged);
        let asked = self_signed();
        let Outcome::Failed(fault) = asked.converge(&host) else { panic!("there is no certbot") };
        assert_eq!(fault.fix.unwrap(), format!("take it away on the host: rm {path}"));
        let delete = "certbot delete --non-interactive --cert-name site";
        host.answer(delete, "", 0);
        host.effect(delete, move |host| host.remove(&path).unwrap());
        let wanted = Change::new("renewal by certbot", "on", "off");
        assert_eq!(asked.converge(&host), Outcome::Changed(vec![wanted]));
        assert_eq!(asked.converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_pair_that_is_damaged_is_written_anew_beside_it() {
        let host = FakeHost::default();
        let pair = sent(sample::pair("DNS:a.test", "30"));
        pair.converge(&host);
        host.put(&format!("{PATH}/{}.0/{KEY}", pair.id()), "");
        assert!(matches!(pair.converge(&host), Outcome::Changed(_)));
        let link = host.stat(&format!("{PATH}/{LIVE}")).unwrap().unwrap().kind;
        assert_eq!(link, Kind::Link(format!("{}.1", pair.id())));
    }

    #[test]
    fn a_self_signed_certificate_is_made_anew_before_its_end_and_for_other_names() {
        let why = |host: &FakeHost, wanted: &Certificate| {
            wanted.changes(host).unwrap().first().map(|change| change.from.clone())
        };
        assert_eq!(why(&host_with("31"), &self_signed()), None);
        assert_eq!(why(&host_with("29"), &self_signed()), Some("at its end".into()));
        let other = Certificate { names: vec!["c.test".into()], ..self_signed() };
        assert_eq!(why(&host_with("31"), &other), Some("another one".into()));
        let stand_in = Certificate { stand_in: true, ..other };
        assert_eq!(why(&host_with("1"), &stand_in), None, "any pair lets nginx start");
    }

    #[test]
    fn openssl_makes_key_and_certificate_in_a_directory_of_roots_own() {
        let host = FakeHost::default();
        host.answer("openssl", "", 0);
        let Outcome::Failed(fault) = self_signed().converge(&host) else { panic!("nothing was made") };
        assert!(fault.message.starts_with("still differs"), "{fault}");
        let dir = format!("{PATH}/{}.0", self_signed().id());
        let wanted = [
            "directory /etc/ssl/deployer".to_string(),
            format!("directory {PATH}"),
            format!("directory {dir}"),
            format!("write {dir}/openssl.cnf"),
            format!("run openssl ecparam -name prime256v1 -genkey -noout -out {dir}/privkey.pem"),
            format!(
                "run openssl req -new -x509 -sha256 -days 397 -config {dir}/openssl.cnf -key {dir}/privkey.pem -out {dir}/fullchain.pem"
            ),
            format!("access {dir}/privkey.pem"),
            format!("link {PATH}/live"),
        ];
        assert_eq!(host.writes(), wanted);
        let config = host.text(&format!("{dir}/openssl.cnf")).unwrap();
        assert!(config.contains("\nsubjectAltName = DNS:a.test,DNS:*.b.test\n"), "{config}");
    }

    #[test]
    fn a_host_that_ignores_writes_is_not_called_a_success() {
        let pair = sent(sample::pair("DNS:a.test", "30"));
        assert!(matches!(pair.converge(&FakeHost::deaf()), Outcome::Failed(_)));
    }
}
