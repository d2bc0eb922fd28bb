//! TLS of a site: what Nginx is told, by its version, and the certificates of a host.

use serde_json::{Map, Value, json};

use super::layout::{Layout, announced};
use crate::deployer::inventory::Host;
use crate::deployer::nginx;
use crate::deployer::stack::name;
use crate::deployer::stack::{Issuer, Profile, Site, Stack, Tls};
use crate::resource::certificate::pair::{CHAIN, COMBINED, KEY, LIVE};

/// A directory a site; each has a link to the pair that serves.
const CERTIFICATES: &str = "/etc/ssl/deployer";
/// Where authorities read proofs.
const ACME_ROOT: &str = "/var/lib/deployer/acme";

/// Mozilla's lists, without the ciphers of DHE: they need parameters of their own, which older clients do not take, and
/// every client that could use them has ECDHE.
const INTERMEDIATE: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
const OLD: &str = "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:DES-CBC3-SHA";

/// The curves of all profiles.
const CURVES: &str = "X25519:prime256v1:secp384r1";

/// What Nginx is told; nothing for a site without TLS.
pub fn values(site: &Site, stack: &Stack, (id, plain): (&str, &[String]), layout: &Layout) -> Value {
    let Some(tls) = &site.tls else { return Value::Null };
    let (nginx, profile) = (layout.nginx, tls.profile.value);
    let redirect = tls.redirect.then(|| {
        let port = tls.port_suffix();
        // A form that was sent to the wrong scheme keeps its method and body, where Nginx can say so.
        let status = if nginx >= nginx::KEEPS_METHOD { 308 } else { 301 };
        json!({ "listens": plain, "status": status, "port": port })
    });
    json!({
        "certificate": chain(id),
        "key": format!("{CERTIFICATES}/{id}/{LIVE}/{KEY}"),
        "http2": tls.http2 && nginx >= nginx::HTTP2_DIRECTIVE,
        "protocols": protocols(profile, nginx),
        "ciphers": ciphers(profile, nginx),
        "prefer": if profile == Profile::Old { "on" } else { "off" },
        // Older ones take one curve, or were built with an OpenSSL without X25519.
        "curves": if nginx >= nginx::TLS13 { CURVES } else { "prime256v1" },
        "tickets_off": (nginx::TICKETS..nginx::TICKET_KEYS_CHANGE).contains(&nginx),
        "acme_root": if matches!(tls.issuer, Issuer::Acme { .. }) { ACME_ROOT } else { "" },
        "redirect": redirect,
        "strangers": strangers(site, stack, layout),
        "rejects": nginx >= nginx::REJECT_HANDSHAKE,
    })
}

/// What HAProxy is told, in the words of `bind`.
pub fn haproxy(tls: &Tls, id: &str) -> String {
    let (lowest, ciphers) = match tls.profile.value {
        Profile::Modern => ("TLSv1.3", String::new()),
        Profile::Intermediate => ("TLSv1.2", format!(" ciphers {INTERMEDIATE}")),
        Profile::Old => ("TLSv1.0", format!(" ciphers @SECLEVEL=0:{INTERMEDIATE}:{OLD}")),
    };
    let http = if tls.http2 { "h2,http/1.1" } else { "http/1.1" };
    let own = if tls.profile.value == Profile::Old { "" } else { " prefer-client-ciphers" };
    format!(
        "ssl crt {CERTIFICATES}/{id}/{LIVE}/{COMBINED} alpn {http} ssl-min-ver {lowest} no-tls-tickets{own} curves {CURVES}{ciphers}"
    )
}

fn protocols(profile: Profile, nginx: nginx::Version) -> &'static str {
    match (profile, nginx >= nginx::TLS13) {
        (Profile::Modern, _) => "TLSv1.3",
        (Profile::Intermediate, true) => "TLSv1.2 TLSv1.3",
        (Profile::Intermediate, false) => "TLSv1.2",
        (Profile::Old, true) => "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        (Profile::Old, false) => "TLSv1 TLSv1.1 TLSv1.2",
    }
}

/// Those of TLS 1.3 are all good, and none of them is chosen here.
fn ciphers(profile: Profile, nginx: nginx::Version) -> String {
    match profile {
        Profile::Modern => String::new(),
        Profile::Intermediate => INTERMEDIATE.to_string(),
        // OpenSSL 3 speaks the old protocols on its lowest level alone; 1.0, of older ones, knows no levels.
        Profile::Old => {
            format!("{}{INTERMEDIATE}:{OLD}", if nginx >= nginx::TLS13 { "@SECLEVEL=0:" } else { "" })
        }
    }
}

/// Where the server of the site itself listens, each in the words of `listen`; `plain` is where it would without TLS.
pub fn listens(site: &Site, plain: &[String], layout: &Layout) -> Vec<String> {
    let Some(tls) = &site.tls else { return plain.to_vec() };
    let mut all = if tls.redirect { Vec::new() } else { plain.to_vec() };
    all.extend(layout.addresses(tls.listen, &words(site, tls, layout), site.server_name.is_empty()));
    all
}

/// What stands behind the port.
fn words(site: &Site, tls: &Tls, layout: &Layout) -> String {
    let word = tls.http2 && (nginx::HTTP2_WORD..nginx::HTTP2_DIRECTIVE).contains(&layout.nginx);
    format!("{}{}", if word { " ssl http2" } else { " ssl" }, announced(site))
}

/// Where strangers are turned away who come by TLS.
fn strangers(site: &Site, stack: &Stack, layout: &Layout) -> Vec<String> {
    match &site.tls {
        Some(tls) if stack.turns_away(site, |site| site.tls.as_ref().map(|tls| tls.listen)) => {
            layout.addresses(tls.listen, &words(site, tls, layout), true)
        }
        _ => Vec::new(),
    }
}

fn chain(id: &str) -> String {
    format!("{CERTIFICATES}/{id}/{LIVE}/{CHAIN}")
}

/// The names a certificate must be for; those of Nginx that mean two are written out.
fn names(site: &Site, host: &Host) -> Vec<String> {
    let names: Vec<String> = site.server_name.iter().flat_map(|name| name::written_out(name)).collect();
    if names.is_empty() { vec![host.name.clone()] } else { names }
}

/// What the playbook makes for every site with TLS: its certificate, and what gets one from an authority; and the links
/// to those that Nginx reads.
pub fn certificates<'s>(sites: impl Iterator<Item = (&'s Site, String)>, host: &Host) -> Map<String, Value> {
    let (mut certificates, mut acme, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for (site, id) in sites {
        let Some(tls) = &site.tls else { continue };
        let (path, names) = (format!("{CERTIFICATES}/{id}"), names(site, host));
        let key = if tls.profile.value == Profile::Old { "rsa" } else { "ecdsa" };
        let title = site.name.as_deref().cloned().unwrap_or_else(|| names[0].clone());
        let mut pair = json!({ "path": path, "names": names, "key": key });
        match site.haproxy() {
            Some(_) => pair["combined"] = true.into(),
            None => links.push(Value::from(format!("{path}/{LIVE}"))),
        }
        match &tls.issuer {
            Issuer::SelfSigned => {}
            Issuer::Files(files) => {
                let key = files.key.as_ref().map_or("", |key| key.reveal());
                pair["pair"] = json!({ "certificate": files.certificate, "key": key });
            }
            Issuer::Acme { email, directory_url } => {
                pair["stand_in"] = true.into();
                let mut order = json!({ "path": path, "name": id, "names": names, "webroot": ACME_ROOT, "directory_url": directory_url, "key": key });
                if let Some(email) = email {
                    order["email"] = email.as_str().into();
                }
                acme.push(json!({ "name": title, "order": order }));
            }
        }
        certificates.push(json!({ "name": title, "pair": pair }));
    }
    let mut values = Map::new();
    values.insert("certificates".into(), certificates.into());
    values.insert("acme_orders".into(), acme.into());
    values.insert("certificate_links".into(), links.into());
    values
}

/// What a probe must be shown: a certificate for the name it asks for, or for the site's first.
pub fn shown(site: &Site, id: &str, asked: Option<&str>, host: &Host) -> Value {
    let names = names(site, host);
    let bare = asked.map(|asked| asked.rsplit_once(':').map_or(asked, |(bare, _)| bare));
    let is_for = |name: &&str| names.iter().any(|known| known == name || is_under(name, known));
    let first = names.first().and_then(|name| name::examples(name).into_iter().next()).unwrap_or_default();
    json!({ "name": bare.filter(is_for).map_or(first, str::to_string), "certificate": chain(id) })
}

/// Whether a name is one label below a pattern.
fn is_under(name: &str, pattern: &str) -> bool {
    let below = pattern.strip_prefix("*.").and_then(|rest| name.strip_suffix(rest)?.strip_suffix('.'));
    below.is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::inventory::Inventory;
    use crate::deployer::os;

    fn host(tls: &str) -> (Host, Stack) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let site = format!("{{ server_name: [a.test, .b.test], tls: {tls} }}");
        std::fs::write(file.path(), format!("all: {{ hosts: {{ web-01: }}, vars: {{ site: {site} }} }}\n"))
            .unwrap();
        let host = Inventory::load(file.path(), &[]).unwrap().hosts.remove(0);
        let stack = Stack::of(&host, |_| Ok(Vec::new())).unwrap();
        (host, stack)
    }

    fn told(tls: &str, release: &str) -> (Vec<String>, Value) {
        let (_, stack) = host(tls);
        let layout = Layout::of(&Map::new(), &os::facts(release, "web-01").unwrap());
        let plain = ["80".to_string()];
        let site = &stack.sites[0];
        (listens(site, &plain, &layout), values(site, &stack, ("deployer", &plain), &layout))
    }

    #[test]
    fn each_nginx_is_told_what_it_knows() {
        let (x25519, p256) = ("X25519:prime256v1:secp384r1", "prime256v1");
        let (both, old) = ("TLSv1.2 TLSv1.3", "TLSv1.2");
        for (release, listen, protocols, curves, [http2, tickets_off, rejects], status) in [
            ("ubuntu-14.04", "443 ssl", old, p256, [false, false, false], 301),
            ("ubuntu-16.04", "443 ssl http2", old, p256, [false, true, false], 301),
            ("ubuntu-18.04", "443 ssl http2", both, x25519, [false, true, false], 308),
            ("ubuntu-22.04", "443 ssl http2", both, x25519, [false, true, false], 308),
            ("debian-12", "443 ssl http2", both, x25519, [false, true, true], 308),
            ("ubuntu-24.04", "443 ssl http2", both, x25519, [false, false, true], 308),
            ("debian-13", "443 ssl", both, x25519, [true, false, true], 308),
        ] {
            let (listens, told) = told("{ mode: self_signed }", release);
            assert_eq!(listens, [listen.to_string(), format!("[::]:{listen}")], "{release}");
            assert_eq!(
                (&told["protocols"], &told["curves"]),
                (&protocols.into(), &curves.into()),
                "{release}"
            );
            let flags = ["http2", "tickets_off", "rejects"].map(|flag| told[flag].as_bool().unwrap());
            assert_eq!(
                (flags, &told["redirect"]["status"]),
                ([http2, tickets_off, rejects], &status.into()),
                "{release}"
            );
        }
    }

    #[test]
    fn a_profile_decides_protocols_and_ciphers() {
        let of = |profile: &str, release: &str| {
            let (_, told) = told(&format!("{{ mode: self_signed, profile: {profile} }}"), release);
            let ciphers = told["ciphers"].as_str().unwrap();
            let first = ciphers.split(':').next().unwrap().to_string();
            (
                told["protocols"].as_str().unwrap().to_string(),
                first,
                ciphers.split(':').count(),
                told["prefer"] == "on",
            )
        };
        let row = |protocols: &str, first: &str, count, prefer| {
            (protocols.to_string(), first.to_string(), count, prefer)
        };
        assert_eq!(of("modern", "debian-12"), row("TLSv1.3", "", 1, false));
        assert_eq!(
            of("intermediate", "debian-12"),
            row("TLSv1.2 TLSv1.3", "ECDHE-ECDSA-AES128-GCM-SHA256", 6, false)
        );
        assert_eq!(of("old", "debian-12"), row("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "@SECLEVEL=0", 22, true));
        assert_eq!(
            of("old", "ubuntu-16.04"),
            row("TLSv1 TLSv1.1 TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", 21, true)
        );
    }

    #[test]
    fn a_site_that_stays_on_http_listens_for_both_and_another_port_is_named_in_the_redirect() {
        let (listens, told_here) = told("{ mode: self_signed, redirect: false, http2: false }", "debian-12");
        assert_eq!(listens, ["80", "443 ssl", "[::]:443 ssl"]);
        assert_eq!(told_here["redirect"], Value::Null);
        let (listens, told) = told("{ mode: self_signed, listen: 8443 }", "debian-12");
        assert_eq!(listens[0], "8443 ssl http2");
        assert_eq!(told["redirect"], json!({ "listens": ["80"], "status": 308, "port": ":8443" }));
    }

    #[test]
    fn nginx_is_not_told_of_certificates_that_haproxy_reads() {
        let of = |more: &str| {
            let (host, stack) = host(&format!("{{ mode: self_signed }}{more}"));
            certificates(stack.sites.iter().map(|site| (site, site.id())), &host)["certificate_links"].clone()
        };
        assert_eq!(of(""), json!(["/etc/ssl/deployer/deployer/live"]));
        assert_eq!(of(", balance: { group: b, with: haproxy }"), json!([]));
    }

    #[test]
    fn a_probe_asks_for_a_name_that_the_certificate_is_for() {
        let (host, stack) = host("{ mode: self_signed }");
        let site = &stack.sites[0];
        let asked = |name| shown(site, "deployer", name, &host)["name"].clone();
        assert_eq!(asked(None), "a.test");
        assert_eq!(asked(Some("x.b.test:443")), "x.b.test");
        assert_eq!(asked(Some("b.test")), "b.test");
        assert_eq!(asked(Some("x.y.b.test")), "a.test");
    }
}
