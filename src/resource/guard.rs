//! A change that could lock us out: the host itself undoes it, unless somebody who logged in anew confirms it.
//!
//! What was there before lies in the directory `armed` with a script that puts it back. The init system runs it when
//! the time is over, or before sshd starts if the host boots meanwhile. Whoever renames the directory first has
//! decided: `armed` becomes `confirmed`, or `undoing` and then `undone`. Nothing of this needs us any more: neither the
//! connection, nor the agent, nor its program.

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::host::{Access, Host, Look, Run, run_or_fault};
use super::init::Init;
use crate::base::quote;

/// Where guards lie; root's alone, as old bytes may be secret.
const DIR: &str = "/var/lib/deployer/guard";
/// How long putting things back may take before it is called stuck.
const UNDOING: Duration = Duration::from_secs(20);
/// How often the state is looked at.
const PAUSE: Duration = Duration::from_millis(50);
/// What runs before sshd and every firewall if the host boots while a guard is armed.
const AT_BOOT: &str = "deployer-guard.service";
const SYSTEMD: &str = "\
[Unit]
Description=Undo a change by deployer that nobody confirmed
DefaultDependencies=no
ConditionPathExists=|/var/lib/deployer/guard/armed/undo
ConditionPathExists=|/var/lib/deployer/guard/undoing/undo
RequiresMountsFor=/var/lib/deployer /etc
Before=sysinit.target network-pre.target systemd-sysctl.service nftables.service deployer-firewall.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=-/bin/sh /var/lib/deployer/guard/undoing/undo boot
ExecStart=-/bin/sh /var/lib/deployer/guard/armed/undo boot

[Install]
WantedBy=sysinit.target
";
const UPSTART: &str = "\
description \"undo a change by deployer that nobody confirmed\"

start on starting rc-sysinit
task

script
    for state in undoing armed; do
        if [ -f /var/lib/deployer/guard/$state/undo ]; then
            sh /var/lib/deployer/guard/$state/undo boot
        fi
    done
end script
";

/// What was there before a change, and how it is taken up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The files that are changed; people are told of the first.
    pub files: Vec<Before>,
    /// The program that takes up what was there before.
    pub command: Vec<String>,
}

/// A file before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// Absolute path.
    pub path: String,
    /// Its bytes and access; none if there was no file.
    pub content: Option<(Vec<u8>, Access)>,
}

impl Before {
    /// A file as it is.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(look: &dyn Look, path: &str) -> Result<Self, Fault> {
        let stat = look.stat(path)?;
        let access = stat.map(|stat| Access { uid: stat.uid, gid: stat.gid, mode: stat.mode });
        Ok(Self { path: path.to_string(), content: look.read(path)?.zip(access) })
    }
}

/// How far a guard has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has confirmed it, and its time is not over.
    Armed,
    /// Somebody who logged in anew confirmed it: the change stays.
    Confirmed,
    /// The host puts back what was there before.
    Undoing,
    /// What was there before is there again.
    Undone,
    /// There is no guard of this name.
    Unknown,
}

/// Arms a guard that the host undoes after `seconds`. `token` names it: digits, letters and `-`.
///
/// # Errors
/// It cannot be armed; then nothing may be changed.
pub fn arm(host: &dyn Host, init: Init, token: &str, seconds: u16, undo: &Undo) -> Result<(), Fault> {
    let private = |mode| Access { uid: 0, gid: 0, mode };
    for old in ["new", "confirmed", "undone"] {
        host.remove(&format!("{DIR}/{old}"))?;
    }
    host.make_directory(DIR, &private(0o700))?;
    watch_boot(host, init)?;
    host.make_directory(&format!("{DIR}/new"), &private(0o700))?;
    let file =
        |name: &str, text: &[u8], access: &Access| host.write(&format!("{DIR}/new/{name}"), text, access);
    file("token", token.as_bytes(), &private(0o600))?;
    file("seconds", seconds.to_string().as_bytes(), &private(0o600))?;
    for (index, before) in undo.files.iter().enumerate() {
        if let Some((bytes, access)) = &before.content {
            file(&format!("before-{index}"), bytes, access)?;
        }
    }
    file("undo", script(undo, seconds)?.as_bytes(), &private(0o600))?;
    host.rename(&format!("{DIR}/new"), &format!("{DIR}/armed"))?;
    let wait = format!("{DIR}/armed/undo");
    let detached = format!("setsid sh {wait} wait </dev/null >/dev/null 2>&1 &");
    let unit = format!("--unit=deployer-guard-{token}");
    let waiter = match init {
        Init::Systemd => Run::new(&["systemd-run", "--quiet", &unit, "/bin/sh", &wait, "wait"]),
        Init::Upstart => Run::new(&["sh", "-c", &detached]),
    };
    run_or_fault(host, &waiter).map(drop).inspect_err(|_| drop(host.remove(&format!("{DIR}/armed"))))
}

/// Installs, once, what undoes an unconfirmed change at boot.
fn watch_boot(host: &dyn Host, init: Init) -> Result<(), Fault> {
    let path = init.path(AT_BOOT);
    let text = if init == Init::Systemd { SYSTEMD } else { UPSTART };
    if host.read(&path)?.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    host.write(&path, text.as_bytes(), &Access { uid: 0, gid: 0, mode: 0o644 })?;
    if init == Init::Systemd {
        let wants = "/etc/systemd/system/sysinit.target.wants";
        host.make_directory(wants, &Access { uid: 0, gid: 0, mode: 0o755 })?;
        host.link(&format!("{wants}/{AT_BOOT}"), &path)?;
    }
    init.read_again(host)
}

/// The script beside the old bytes: `wait` for the time to be over, `now`, or `boot`, when nothing is loaded yet.
fn script(undo: &Undo, seconds: u16) -> Result<String, Fault> {
    let quoted = |word: &str| quote::shell(word).map_err(|e| Fault::new(format!("`{word}`: {e}")));
    let back = |(index, before): (usize, &Before)| {
        let path = quoted(&before.path)?;
        let (parent, name) = before.path.rsplit_once('/').unwrap_or_default();
        let beside = quoted(&format!("{parent}/.{name}.deployer-new"))?;
        Ok(match before.content {
            Some(_) => format!("cp -p undoing/before-{index} {beside} && mv {beside} {path}"),
            None => format!("rm -f {path}"),
        })
    };
    let back = undo.files.iter().enumerate().map(back).collect::<Result<Vec<_>, Fault>>()?.join("\n    ");
    let command = undo.command.iter().map(|word| quoted(word)).collect::<Result<Vec<_>, _>>()?.join(" ");
    let changed = undo.files.first().map_or("", |file| file.path.as_str());
    let changed = quoted(&serde_json::Value::from(changed).to_string())?;
    Ok(format!(
        r#"# Made by deployer: puts back what was there before a change. By hand: sh {DIR}/armed/undo now
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
undo() {{
    cd {DIR} || exit 1
    if [ "$1" = wait ]; then
        sleep {seconds} || exit 1
        mv -T armed undoing || exit 0
    else
        mv -T armed undoing 2>/dev/null
    fi
    [ -d undoing ] || exit 0
    {back}
    sync
    [ "$1" = boot ] || {command}
    printf '{{"at":"%s","who":"the host itself","outcome":"undone","changed":[%s]}}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" {changed} >> /var/lib/deployer/log
    mv -T undoing undone
    exit 0
}}
undo "$1"
"#
    ))
}

/// How far the guard of this name has come.
pub fn state(look: &dyn Look, token: &str) -> Result<State, Fault> {
    let states = [
        ("armed", State::Armed),
        ("undoing", State::Undoing),
        ("confirmed", State::Confirmed),
        ("undone", State::Undone),
    ];
    for (name, state) in states {
        if look.read(&format!("{DIR}/{name}/token"))?.as_deref() == Some(token.as_bytes()) {
            return Ok(state);
        }
    }
    Ok(State::Unknown)
}

/// Confirms the guard of this name; whether the change stays.
///
/// Errors: what was there before cannot be put back.
pub fn confirm(host: &dyn Host, token: &str) -> Result<bool, Fault> {
    if state(host, token)? == State::Armed
        && host.rename(&format!("{DIR}/armed"), &format!("{DIR}/confirmed")).is_ok()
    {
        return Ok(true);
    }
    Ok(decided(host, token, UNDOING)? == State::Confirmed)
}

/// Waits at most `patience` until a guard is confirmed, undone or gone.
fn decided(look: &dyn Look, token: &str, patience: Duration) -> Result<State, Fault> {
    let begin = Instant::now();
    loop {
        match state(look, token)? {
            State::Armed | State::Undoing if begin.elapsed() < patience => std::thread::sleep(PAUSE),
            other => return Ok(other),
        }
    }
}

/// Waits until the guard of this name is decided; puts back what was there before itself, if nobody else does in time.
///
/// Errors: that cannot be done.
pub fn wait(host: &dyn Host, token: &str) -> Result<State, Fault> {
    let seconds = host.read(&format!("{DIR}/armed/seconds"))?.unwrap_or_default();
    let seconds = String::from_utf8_lossy(&seconds).parse().unwrap_or(0);
    match decided(host, token, Duration::from_secs(seconds) + UNDOING)? {
        State::Armed | State::Undoing => {
            undo(host)?;
            state(host, token)
        }
        other => Ok(other),
    }
}

/// Puts back what was there before a change, now; where nothing is armed, nothing is done.
///
/// Errors: it cannot be put back.
pub fn undo(host: &dyn Host) -> Result<(), Fault> {
    for state in ["undoing", "armed"] {
        let script = format!("{DIR}/{state}/undo");
        if host.stat(&script)?.is_some() {
            run_or_fault(host, &Run::new(&["/bin/sh", &script, "now"]))?;
        }
    }
    Ok(())
}

/// Waits for a guard of an earlier run: what it changed may not be there in a moment.
///
/// Errors: what was there before cannot be put back.
pub fn settle(host: &dyn Host) -> Result<(), Fault> {
    for state in ["armed", "undoing"] {
        if let Some(token) = host.read(&format!("{DIR}/{state}/token"))? {
            wait(host, &String::from_utf8_lossy(&token))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    fn rules(before: Option<&str>) -> Undo {
        let access = Access { uid: 0, gid: 0, mode: 0o644 };
        let content = before.map(|text| (text.as_bytes().to_vec(), access));
        Undo {
            files: vec![Before { path: "/etc/it's.conf".into(), content }],
            command: vec!["systemctl".into(), "reload".into(), "ssh".into()],
        }
    }

    fn armed(init: Init) -> FakeHost {
        let host = FakeHost::default();
        host.answer("systemctl daemon-reload", "", 0);
        host.answer("systemd-run", "", 0);
        host.answer("sh -c setsid", "", 0);
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
            assert_eq!(host.text("/var/lib/deployer/guard/armed/before-0"), Some("old\n".into()));
            assert!(
                host.text(&init.path(AT_BOOT)).is_some(),
                "and a boot meanwhile does not keep the change"
            );
        }
    }

    #[test]
    fn what_cannot_be_guarded_is_not_changed() {
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
        assert!(!confirm(&host, "8-1").unwrap());
        assert_eq!(state(&host, "7-1").unwrap(), State::Armed);
        assert!(confirm(&host, "7-1").unwrap());
        assert_eq!(wait(&host, "7-1").unwrap(), State::Confirmed);
    }

    #[test]
    fn what_the_host_has_undone_is_not_confirmed_any_more() {
        let host = armed(Init::Systemd);
        host.rename("/var/lib/deployer/guard/armed", "/var/lib/deployer/guard/undone").unwrap();
        assert!(!confirm(&host, "7-1").unwrap());
        assert_eq!(wait(&host, "7-1").unwrap(), State::Undone);
    }

    /// Runs the script on this machine, with directories of its own in place of the host's.
    fn ran(undo: &Undo, how: &str, confirmed: bool) -> (String, String) {
        let dir = tempfile::tempdir().unwrap();
        let [guard, log, file] = ["guard", "log", "file"].map(|name| dir.path().join(name));
        std::fs::create_dir_all(guard.join("armed")).unwrap();
        std::fs::write(guard.join("armed/before-0"), "old\n").unwrap();
        std::fs::write(&file, "new\n").unwrap();
        let loaded = dir.path().join("loaded");
        let content = undo.files[0].content.clone();
        let undo = Undo {
            files: vec![Before { path: file.display().to_string(), content }],
            command: vec!["touch".into(), loaded.display().to_string()],
        };
        let text = script(&undo, 0).unwrap().replace(DIR, &guard.display().to_string());
        let text = text.replace("/var/lib/deployer/log", &log.display().to_string());
        if confirmed {
            std::fs::rename(guard.join("armed"), guard.join("confirmed")).unwrap();
        }
        let status = std::process::Command::new("sh").args(["-c", &text, "undo", how]).status().unwrap();
        assert!(status.success());
        let left = std::fs::read_dir(&guard).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
        let left = format!("{} loaded={}", left.collect::<String>(), loaded.exists());
        (std::fs::read_to_string(&file).unwrap_or("none".into()), left)
    }

    #[test]
    fn the_script_puts_the_old_bytes_back_unless_it_was_confirmed() {
        let seen = |before, how, confirmed| ran(&rules(before), how, confirmed);
        let is = |file: &str, left: &str| (file.to_string(), left.to_string());
        assert_eq!(seen(Some("old\n"), "wait", false), is("old\n", "undone loaded=true"));
        assert_eq!(seen(Some("old\n"), "wait", true), is("new\n", "confirmed loaded=false"));
        assert_eq!(seen(Some("old\n"), "now", true), is("new\n", "confirmed loaded=false"));
        assert_eq!(seen(Some("old\n"), "boot", false), is("old\n", "undone loaded=false"));
        assert_eq!(seen(None, "now", false), is("none", "undone loaded=true"));
    }
}
