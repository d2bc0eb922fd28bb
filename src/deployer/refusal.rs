//! What a host cannot be, by the versions of the programs that its release brings.

use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::resource::service::init::Init;

use super::stack::{Issuer, Profile, Stack, Tls};
use super::{haproxy, nginx, os};

/// Everything that a host with these facts cannot do of what it is asked for; empty if it can do all of it.
pub fn refusals(stack: &Stack, facts: &Facts) -> Vec<Diagnostic> {
    let of_nginx = stack.sites.iter().filter(|site| site.haproxy().is_none());
    let mut refusals: Vec<Diagnostic> = of_nginx.filter_map(|site| tls(site.tls.as_ref()?, facts)).collect();
    refusals.extend(balancing(stack, facts));
    refusals.extend(proxy_protocol(stack, facts));
    refusals.extend(python(stack, facts));
    refusals
}

/// TLS of a site of Nginx.
fn tls(tls: &Tls, facts: &Facts) -> Option<Diagnostic> {
    let [major, minor, patch] = os::nginx(facts);
    let has_certbot = !(facts.os == "ubuntu" && facts.os_version == "14.04");
    let why = if tls.profile.value == Profile::Modern && os::nginx(facts) < nginx::TLS13 {
        format!(
            "`modern` is TLS 1.3 alone, which nginx knows from 1.13 on; this one is {major}.{minor}.{patch}"
        )
    } else if matches!(tls.issuer, Issuer::Acme { .. }) && !has_certbot {
        "Ubuntu 14.04 has no certbot; use `mode: files` or `self_signed`".to_string()
    } else {
        return None;
    };
    let error = Diagnostic::error(format!("{}: this TLS cannot be had here", facts.hostname));
    Some(error.at(&tls.profile.span).label(why))
}

/// A site that HAProxy passes on.
fn balancing(stack: &Stack, facts: &Facts) -> Option<Diagnostic> {
    let [major, minor, _] = Some(os::haproxy(facts)).filter(|version| *version < haproxy::RETRIES)?;
    let balance = stack.sites.iter().find_map(|site| site.haproxy())?;
    let error = Diagnostic::error(format!("{}: its HAProxy is too old to balance", facts.hostname));
    let who = if facts.haproxy.is_some() { "it" } else { "its release" };
    let label = format!("{who} has {major}.{minor}; only 2.0 and newer ask another host when one is lost");
    let fix = "write `with: nginx`, or take Ubuntu 20.04, Debian 11 or newer";
    Some(error.at(&balance.with.span).label(label).fix(fix))
}

/// A site that is asked by the PROXY protocol.
fn proxy_protocol(stack: &Stack, facts: &Facts) -> Option<Diagnostic> {
    let [major, minor, _] = Some(os::nginx(facts)).filter(|version| *version < nginx::PROXY_PROTOCOL)?;
    let asked = stack.sites.iter().find_map(|site| site.proxy_protocol.as_ref())?;
    let error = Diagnostic::error(format!("{}: its nginx is too old for the PROXY protocol", facts.hostname));
    let label = format!("it has {major}.{minor}; 1.5.12 is the first that knows it");
    let fix = "take `proxy_protocol` away: a balancer tells the client by X-Forwarded-For";
    Some(error.at(&asked.at).label(label).fix(fix))
}

/// A Python application.
fn python(stack: &Stack, facts: &Facts) -> Option<Diagnostic> {
    let wsgi = stack.apps.iter().find_map(|app| app.run.wsgi())?;
    if facts.init != Init::Upstart {
        return None;
    }
    let error = Diagnostic::error(format!("{}: Python applications cannot run here", facts.hostname));
    let label = format!("its Python is older than 3.5 ({} {})", facts.os, facts.os_version);
    Some(error.at(&wsgi.span).label(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::inventory::Inventory;

    fn refused(release: &str) -> Vec<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "all:
  hosts: { a: }
  vars:
    apps: { own: { run: app:app, source: app, site: one } }
    sites:
      one: { server_name: a.test, tls: { mode: self_signed, profile: modern } }
      two: { listen: 81, proxy_protocol: true }
      three: { listen: 82, tls: { mode: self_signed, profile: modern, listen: 444 }, balance: { group: a, with: haproxy } }
";
        std::fs::write(file.path(), text).unwrap();
        let host = Inventory::load(file.path(), &[]).unwrap().hosts.remove(0);
        let stack = Stack::of(&host, |_| Ok(Vec::new())).unwrap();
        let refusals = refusals(&stack, &os::facts(release, "a").unwrap());
        refusals.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn everything_that_a_release_is_too_old_for_is_told_at_once() {
        let tls = "a: this TLS cannot be had here";
        let haproxy = "a: its HAProxy is too old to balance";
        let protocol = "a: its nginx is too old for the PROXY protocol";
        let python = "a: Python applications cannot run here";
        assert_eq!(refused("ubuntu-14.04"), [tls, haproxy, protocol, python]);
        assert_eq!(refused("ubuntu-16.04"), [tls, haproxy]);
        assert_eq!(refused("ubuntu-18.04"), [haproxy]);
        assert_eq!(refused("ubuntu-20.04"), [""; 0]);
    }
}
