//! What a guard does, on a host that remembers.

use super::*;
use crate::resource::fake::FakeHost;

fn rules(before: Option<&str>) -> Undo {
    let access = Access::root(0o644);
    let content = before.map(|text| (text.as_bytes().to_vec(), access));
    Undo {
        files: vec![Before { path: "/etc/it's.conf".into(), content }],
        command: vec!["systemctl".into(), "reload".into(), "ssh".into()],
    }
}

fn at(path: &str) -> String {
    format!("{DIR}/{path}")
}

/// A host with an armed guard, whose script does what it should.
fn armed(init: Init) -> FakeHost {
    let host = FakeHost::default();
    for program in ["systemctl daemon-reload", "systemd-run", "sh -c setsid"] {
        host.answer(program, "", 0);
    }
    for state in ["armed", "undoing"] {
        let run = format!("/bin/sh {}", at(&format!("{state}/undo")));
        host.answer(&run, "", 0);
        host.effect(&run, move |host| host.rename(&at(state), &at("undone")).unwrap());
    }
    arm(&host, init, "7-1", 30, &rules(Some("old\n"))).unwrap();
    host
}

#[test]
fn a_guard_waits_where_no_connection_and_no_agent_is_needed() {
    let wait = "/var/lib/deployer/guard/armed/undo wait";
    let systemd = format!("run systemd-run --quiet --unit=deployer-guard-7-1 /bin/sh {wait}");
    let upstart = format!("run sh -c setsid sh {wait} </dev/null >/dev/null 2>&1 &");
    for (init, last) in [(Init::Systemd, systemd), (Init::Upstart, upstart)] {
        let host = armed(init);
        assert_eq!(host.writes().last(), Some(&last));
        assert_eq!(host.text(&at("armed/before-0")), Some("old\n".into()));
        let is_watched = host.text(&init.path(boot::UNIT)).is_some();
        assert!(is_watched, "and a boot meanwhile does not keep the change");
    }
}

#[test]
fn only_guards_are_hidden_from_others() {
    let host = armed(Init::Systemd);
    let mode = |path: &str| host.stat(path).unwrap().unwrap().mode;
    assert_eq!(["/var/lib/deployer", DIR].map(mode), [0o755, 0o700]);
}

#[test]
fn a_guard_that_nobody_waits_for_is_not_armed() {
    let host = FakeHost::default();
    host.answer("systemctl daemon-reload", "", 0);
    host.answer("systemd-run", "no bus\n", 1);
    let fault = arm(&host, Init::Systemd, "7-1", 30, &rules(None)).unwrap_err();
    assert_eq!(fault.output, "no bus");
    assert_eq!(state(&host, "7-1").unwrap(), State::Unknown);
}

#[test]
fn only_its_own_guard_is_confirmed_and_only_once() {
    let host = armed(Init::Systemd);
    assert_eq!(confirm(&host, "8-1").unwrap(), State::Unknown);
    assert_eq!(state(&host, "7-1").unwrap(), State::Armed);
    assert_eq!(confirm(&host, "7-1").unwrap(), State::Confirmed);
    assert_eq!(wait(&host, "7-1").unwrap(), State::Confirmed);
}

#[test]
fn what_the_host_has_undone_is_not_confirmed_any_more() {
    let host = armed(Init::Systemd);
    host.rename(&at("armed"), &at("undone")).unwrap();
    assert_eq!(confirm(&host, "7-1").unwrap(), State::Undone);
    assert_eq!(wait(&host, "7-1").unwrap(), State::Undone);
    host.put(&at("undone/unloaded"), "");
    assert_eq!(confirm(&host, "7-1").unwrap(), State::Unloaded);
}

#[test]
fn only_what_is_undone_is_called_put_back() {
    use State::{Armed, Confirmed, Undoing, Undone, Unknown, Unloaded};
    let all = [Armed, Confirmed, Undoing, Undone, Unloaded, Unknown];
    let put_back = "the host has put back what was there before";
    assert_eq!(all.map(|state| state.to_string() == put_back), all.map(|state| state == Undone));
}

#[test]
fn a_script_that_went_on_under_our_hands_is_found_where_it_is() {
    let host = armed(Init::Systemd);
    // The host's own waiter is quicker.
    host.answer("/bin/sh /var/lib/deployer/guard/armed/undo", "sh: cannot open it\n", 2);
    host.effect("/bin/sh /var/lib/deployer/guard/armed/undo", |host| {
        host.rename(&at("armed"), &at("undoing")).unwrap();
    });
    assert_eq!(undo(&host, "7-1").unwrap(), State::Undone);
}

#[test]
fn what_cannot_be_put_back_is_an_error_with_its_cause() {
    let host = armed(Init::Systemd);
    host.answer("/bin/sh", "cp: no space left on device\n", 1);
    host.effect("/bin/sh", |_| ());
    let fault = undo(&host, "7-1").unwrap_err();
    assert_eq!((fault.output.as_str(), fault.fix.is_some()), ("cp: no space left on device", true));
}

#[test]
fn who_only_looks_is_told_of_a_change_that_waits_and_changes_nothing() {
    let host = armed(Init::Systemd);
    let before = host.writes();
    assert!(look(&host).unwrap_err().message.contains("neither confirmed nor undone"));
    assert_eq!(host.writes(), before);
    assert_eq!(confirm(&host, "7-1").unwrap(), State::Confirmed);
    assert_eq!((look(&host), outlast(&host), settle(&host)), (Ok(()), Ok(()), Ok(())));
}

#[test]
fn what_was_undone_too_early_is_undone_once_more() {
    let host = armed(Init::Systemd);
    host.rename(&at("armed"), &at("undone")).unwrap();
    assert_eq!(undo_again(&host, "7-1").unwrap(), State::Undone);
    assert_eq!(host.writes().last(), Some(&format!("rename {}", at("undoing"))));
    assert_eq!(undo_again(&host, "8-1").unwrap(), State::Unknown);
}
