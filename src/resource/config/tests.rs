//! What becomes of files that are tested and loaded.

use super::*;
use crate::resource::converge::{Converge, Outcome};
use crate::resource::fake::FakeHost;
use sample::words;

const PATH: &str = "/etc/ssh/sshd_config";

fn sshd() -> Config {
    Config {
        content: "PasswordAuthentication no\n".into(),
        part: Part::Top,
        validate: words("sshd -t -f %s"),
        ..sample::file(PATH, "systemctl reload ssh")
    }
}

fn host() -> FakeHost {
    let host = FakeHost::default();
    host.put(PATH, "Port 22\n");
    host.answer("sshd -t", "", 0);
    host.answer("systemctl reload", "", 0);
    host
}

#[test]
fn our_lines_stand_before_the_others_and_only_once() {
    let host = host();
    assert!(matches!(sshd().converge(&host), Outcome::Changed(_)));
    assert_eq!(sshd().converge(&host), Outcome::Unchanged);
    let newer = Config { content: "PasswordAuthentication no\nX11Forwarding no\n".into(), ..sshd() };
    assert!(matches!(newer.converge(&host), Outcome::Changed(_)));
    let wanted = format!("{BEGIN}PasswordAuthentication no\nX11Forwarding no\n{END}Port 22\n");
    assert_eq!(host.text(PATH), Some(wanted));
}

#[test]
fn a_refused_file_is_never_in_place() {
    let host = host();
    host.answer("sshd -t", "line 2: Bad configuration option: Pasword\n", 255);
    let Outcome::Failed(fault) = sshd().converge(&host) else { panic!("it did not fail") };
    let wanted = "`sshd -t -f /var/lib/deployer/trial` refused the new `/etc/ssh/sshd_config`; the old one was not touched";
    assert_eq!(fault.message, wanted);
    let touched = host.writes().iter().any(|w| w == "write /etc/ssh/sshd_config" || w.contains("reload"));
    assert!(!touched, "{:?}", host.writes());
    assert_eq!(host.text(TRIAL), None);
}

#[test]
fn a_file_that_cannot_be_loaded_gives_way_to_the_old_one() {
    let host = host();
    host.answer("nft -f", "busy\n", 1);
    host.answer("nft delete", "", 0);
    let rules = Config { unload: words("nft delete"), ..sample::file("/etc/rules", "nft -f") };
    let Outcome::Failed(fault) = rules.converge(&host) else { panic!("it did not fail") };
    assert_eq!(fault.message, "`nft -f` failed (exit 1); what `/etc/rules` said before is there again");
    assert_eq!(host.writes(), ["write /etc/rules", "run nft -f", "remove /etc/rules", "run nft delete"]);
}

#[test]
fn what_cannot_be_put_back_does_not_hide_why_it_should_be() {
    let refused = "`systemctl reload ssh` failed (exit 1)";
    let host = host();
    host.answer("systemctl reload", "busy\n", 1);
    let seen = sshd().observe(&host).unwrap();
    let fault = sshd().apply(&seen, &host).unwrap_err();
    let unloaded = format!("what `{PATH}` said before is there again, but was not taken up: {refused}");
    assert_eq!(fault.message, format!("{refused}; {unloaded}"));
    host.effect("systemctl reload", |host| host.refuse(PATH));
    let fault = sshd().apply(&seen, &host).unwrap_err();
    let lost = format!("what `{PATH}` said before could not be put back: cannot write `{PATH}`");
    assert_eq!(fault.message, format!("{refused}; {lost}"));
}

#[test]
fn where_there_is_a_guard_it_alone_puts_back() {
    let host = host();
    host.answer("systemctl reload", "busy\n", 1);
    let guarded = Config { confirm: Some(30), ..sshd() };
    let Outcome::Failed(fault) = guarded.converge(&host) else { panic!("it did not fail") };
    assert_eq!(fault.message, "`systemctl reload ssh` failed (exit 1)");
    assert_eq!(host.writes().last().unwrap(), "run systemctl reload ssh");
    assert!(host.text(PATH).unwrap().contains("PasswordAuthentication"));
}

#[test]
fn lines_without_an_end_do_not_swallow_what_follows_them() {
    let without = Config { content: "PasswordAuthentication no".into(), ..sshd() };
    assert_eq!(without.wanted("Port 22\n"), sshd().wanted("Port 22\n"));
}

#[test]
fn what_others_wrote_is_kept_to_the_byte_or_refused() {
    let host = host();
    host.write(PATH, b"# caf\xe9\nPort 22\n", &Access::root(0o644)).unwrap();
    let fault = sshd().changes(&host).unwrap_err();
    assert_eq!(fault.message, format!("`{PATH}` is not in UTF-8; its lines could not be kept as they are"));
    assert_eq!(
        fault.fix.unwrap(),
        format!("repair the lines that this shows on the host: grep -naxv '.*' {PATH}")
    );
}

#[test]
fn what_only_root_may_read_is_not_shown() {
    let host = host();
    host.write(PATH, b"# secret\n", &Access::root(0o600)).unwrap();
    let is_shown = |config: Config| config.changes(&host).unwrap()[0].what == "content";
    assert!(!is_shown(sshd()), "other lines of the same file");
    assert!(!is_shown(Config { part: Part::Whole, ..sshd() }), "a file that will be everybody's");
    host.put(PATH, "Port 22\n");
    assert!(is_shown(Config { mode: Mode(0o600), ..sshd() }), "our mode is not that of others' file");
    assert!(!is_shown(Config { mode: Mode(0o600), part: Part::Whole, ..sshd() }));
}

#[test]
fn what_the_host_does_not_follow_any_more_is_loaded_again() {
    let host = host();
    let watched = Config { loaded: words("nft list"), ..sshd() };
    host.answer("nft list", "", 0);
    assert!(matches!(watched.converge(&host), Outcome::Changed(_)));
    host.answer("nft list", "", 1);
    assert_eq!(watched.changes(&host).unwrap(), [Change::new("state", "not taken up", "taken up")]);
    stamp::write(&host, &watched.stamp(), "older").unwrap();
    host.answer("nft list", "", 0);
    assert_eq!(watched.changes(&host).unwrap(), [Change::new("state", "not taken up", "taken up")]);
}

#[test]
fn a_host_that_ignores_writes_is_not_called_a_success() {
    let host = FakeHost::deaf();
    host.put(PATH, "Port 22\n");
    host.answer("sshd -t", "", 0);
    host.answer("systemctl reload", "", 0);
    let Outcome::Failed(fault) = sshd().converge(&host) else { panic!("it did not fail") };
    assert!(fault.message.starts_with("still differs"), "{fault}");
}
