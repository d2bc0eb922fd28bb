//! A certificate and its key, made elsewhere, as an inventory names them: paths, or secrets.

use std::time::Duration;

use super::super::name;
use crate::base::certificate::{Chain, Term};
use crate::base::diagnostic::Diagnostic;
use crate::base::path;
use crate::base::secret::Secret;
use crate::base::yaml::{Node, Value};

/// How the texts of certificates and keys begin; anything else is a path.
const BEGIN: &str = "-----BEGIN";

/// A certificate with those that vouch for it, and its key; both PEM. Empty as long as secrets are not fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pair {
    /// Not a secret: it is shown to everybody.
    pub certificate: String,
    /// The private key.
    pub key: Option<Secret>,
}

/// Reads both and sees whether they belong together, hold now and are for these names; mistakes are added to `said`.
pub fn read(certificate: &Node, key: &Node, names: &[String], said: &mut Vec<Diagnostic>) -> Pair {
    let mut text =
        |what: &str, node: &Node| text(what, node).map_err(|error| said.push(error)).ok().flatten();
    let (certificate_text, key_text) = (text("certificate", certificate), text("key", key));
    if let Some(pem) = &certificate_text {
        match Chain::parse(pem) {
            Some(chain) => check(&chain, (certificate, key), key_text.as_deref(), names, said),
            None => said.push(
                Diagnostic::error("there is no certificate in `certificate`")
                    .at(&certificate.span)
                    .label("a file in PEM begins `-----BEGIN CERTIFICATE-----`")
                    .fix("name the file with the certificate, then those of the authorities (fullchain.pem)"),
            ),
        }
    }
    Pair { certificate: certificate_text.unwrap_or_default(), key: key_text.map(Secret::new) }
}

fn check(
    chain: &Chain,
    (certificate, key): (&Node, &Node),
    key_text: Option<&str>,
    names: &[String],
    said: &mut Vec<Diagnostic>,
) {
    let day = |seconds: u64| {
        i64::try_from(seconds)
            .ok()
            .and_then(|s| jiff::Timestamp::from_second(s).ok())
            .map_or(String::new(), |t| t.strftime("%Y-%m-%d").to_string())
    };
    let error = |message: String| Diagnostic::error(message).at(&certificate.span);
    match chain.term(Duration::ZERO) {
        Term::Holds => {}
        Term::Ended(at) => said
            .push(error(format!("the certificate ended on {}", day(at))).fix("put a new one in its place")),
        Term::Never => said.push(
            error("the certificate ends before it begins".to_string()).fix("put a new one in its place"),
        ),
        Term::Begins(at) => said.push(
            error(format!("the certificate begins on {}", day(at)))
                .fix("wait until then, or correct this machine's clock"),
        ),
    }
    let asked = |name: &&String| !name::examples(name).iter().all(|example| chain.is_for(example));
    for name in names.iter().filter(asked) {
        said.push(
            error(format!("the certificate is not for `{name}`"))
                .label("browsers would refuse it")
                .fix("get one for every name of `server_name`, or take the name away"),
        );
    }
    if let Some(why) = key_text.and_then(|text| chain.has_key(text).err()) {
        let message = "the key does not serve the certificate";
        said.push(
            Diagnostic::error(message)
                .at(&key.span)
                .label(why.to_string())
                .fix("name the key that the certificate was asked for with"),
        );
    }
}

/// What a path or a fetched secret holds; nothing of a secret that is still to be fetched.
fn text(what: &str, node: &Node) -> Result<Option<String>, Diagnostic> {
    if matches!(node.value, Value::Tagged(..)) {
        return Ok(None);
    }
    let Some(typed) = node.text().filter(|text| !text.is_empty()) else {
        let error = Diagnostic::error(format!("`{what}` is a path or a secret, found {}", node.kind()))
            .at(&node.span);
        return Err(error.fix(format!("write `{what}: !file secrets/site.pem`")));
    };
    if typed.starts_with(BEGIN) || typed.contains('\n') {
        return Ok(Some(typed.to_string() + "\n"));
    }
    let path = path::beside(&node.span.source.name, typed);
    std::fs::read_to_string(&path).map(Some).map_err(|error| {
        let unread =
            Diagnostic::error(format!("the {what} `{}` cannot be read", path.display())).at(&node.span);
        unread
            .label(error.to_string())
            .fix("put the file there, or correct the path (it is relative to this file)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::certificate::sample;
    use crate::base::source::Source;
    use crate::base::yaml::parse;

    /// What is said of a pair for `a.test` and `.b.test`, by the paths of its files.
    fn said((certificate, key): (&str, &str), names: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("c.pem"), certificate).unwrap();
        std::fs::write(dir.path().join("k.pem"), key).unwrap();
        let source = Source::new(dir.path().join("hosts.yml").display().to_string(), "[c.pem, k.pem]");
        let node = parse(&source).unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut said = Vec::new();
        let pair = read(&node.items()[0], &node.items()[1], &names, &mut said);
        assert_eq!((pair.certificate.as_str(), pair.key), (certificate, Some(Secret::new(key))));
        said.into_iter().map(|one| format!("{} ({})", one.message, one.label.unwrap_or_default())).collect()
    }

    #[test]
    fn a_pair_must_belong_together_and_be_for_every_name() {
        let names = "DNS:a.test,DNS:b.test,DNS:*.b.test";
        let (certificate, key) = sample::pair(names, "30");
        let (_, other) = sample::pair(names, "30");
        assert_eq!(said((&certificate, &key), &["a.test", ".b.test", "x.b.test"]), Vec::<String>::new());
        assert_eq!(
            said((&certificate, &other), &["a.test", "*.a.test"]),
            [
                "the certificate is not for `*.a.test` (browsers would refuse it)",
                "the key does not serve the certificate (it is the key of another certificate)"
            ]
        );
        let none =
            "there is no certificate in `certificate` (a file in PEM begins `-----BEGIN CERTIFICATE-----`)";
        assert_eq!(said((&key, &key), &[]), [none]);
    }

    /// Held on the first day of 2020.
    const ENDED: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBUDCB9qADAgECAgEBMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBmEudGVzdDAe\n\
        Fw0yMDAxMDEwMDAwMDBaFw0yMDAxMDIwMDAwMDBaMBExDzANBgNVBAMMBmEudGVz\n\
        dDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPWaSgu9mUyize09sjCJwQPDKZCu\n\
        1PJJkYSaPg9YskxUQKTewHaGsxZxILh35scTx1m2L3D2R3XZJ90nMIOo742jPzA9\n\
        MAkGA1UdEwQCMAAwEQYDVR0RBAowCIIGYS50ZXN0MB0GA1UdDgQWBBRSsXkDz7Ik\n\
        kFrITMY8NwIDjKfk0jAKBggqhkjOPQQDAgNJADBGAiEAq1hFxaPizcjgcudwDOUB\n\
        uco5rT3Gu3hK3pUz/pE1Z8gCIQDFpM+C5M1wE3BnPMp9FB+Y0fAvJElFQTbAkBAY\n\
        XEtaYQ==\n\
        -----END CERTIFICATE-----\n";

    #[test]
    fn a_certificate_that_ended_is_refused_with_the_day() {
        let (_, key) = sample::pair("DNS:a.test", "2");
        let said = said((ENDED, &key), &[]);
        assert!(said[0].starts_with("the certificate ended on 2020-01-02"), "{said:?}");
    }
}
