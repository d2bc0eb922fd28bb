//! A change that could lock us out: the host itself undoes it, unless somebody who logged in anew confirms it.
//!
//! What was there before lies in the directory `armed` with a script that puts it back. The init system runs it when
//! the time is over, or before sshd starts if the host boots meanwhile. Whoever renames the directory first has
//! decided: `armed` becomes `confirmed`, or `undoing` and then `undone`. Nothing of this needs us any more: neither the
//! connection, nor the agent, nor its program.

pub mod boot;
mod script;

use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::host::{Access, Host, Look, Run, run_or_fault};
use super::service::init::Init;

/// Where guards lie; root's alone, as old bytes may be secret.
const DIR: &str = "/var/lib/deployer/guard";
/// How long putting things back may take before it is called stuck.
const UNDOING: Duration = Duration::from_secs(20);
/// How often the state is looked at.
const PAUSE: Duration = Duration::from_millis(50);

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
        let access = look.stat(path)?.map(|stat| stat.access());
        Ok(Self { path: path.to_string(), content: look.read(path)?.zip(access) })
    }
}

/// How far a guard has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has confirmed it, and its time is not over.
    Armed,
    /// Somebody who logged in anew confirmed it: the change stays.
    Confirmed,
    /// The host puts back what was there before.
    Undoing,
    /// What was there before is there again.
    Undone,
    /// The old files are there again; what makes the host follow them failed.
    Unloaded,
    /// There is no guard of this name.
    Unknown,
}

impl State {
    /// Whether nothing more comes of it.
    pub fn is_decided(self) -> bool {
        matches!(self, Self::Confirmed | Self::Undone | Self::Unloaded)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Armed => "the host has not put back yet what was there before",
            Self::Confirmed => "the change stays",
            Self::Undoing => {
                "the host has begun to put back what was there before, and did not come to its end"
            }
            Self::Undone => "the host has put back what was there before",
            Self::Unloaded => "the host has put back the old files, but could not be made to follow them",
            Self::Unknown => "it is not known whether the host has put back what was there before",
        })
    }
}

/// Arms a guard that the host undoes after `seconds`. `token` names it: digits, letters and `-`.
///
/// # Errors
/// It cannot be armed; then nothing may be changed.
pub fn arm(host: &dyn Host, init: Init, token: &str, seconds: u16, undo: &Undo) -> Result<(), Fault> {
    let own = |mode| Access { uid: 0, gid: 0, mode };
    for old in ["new", "confirmed", "undone"] {
        host.remove(&format!("{DIR}/{old}"))?;
    }
    // Others read below it.
    host.make_directory("/var/lib/deployer", &own(0o755))?;
    host.make_directory(DIR, &own(0o700))?;
    boot::watch(host, init)?;
    host.make_directory(&format!("{DIR}/new"), &own(0o700))?;
    let file =
        |name: &str, text: &[u8], access: &Access| host.write(&format!("{DIR}/new/{name}"), text, access);
    file("token", token.as_bytes(), &own(0o600))?;
    file("seconds", seconds.to_string().as_bytes(), &own(0o600))?;
    for (index, before) in undo.files.iter().enumerate() {
        if let Some((bytes, access)) = &before.content {
            file(&format!("before-{index}"), bytes, access)?;
        }
    }
    file("undo", script::script(undo, token, seconds)?.as_bytes(), &own(0o600))?;
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

/// How far the guard of this name has come.
///
/// # Errors
/// Its directories cannot be read.
pub fn state(look: &dyn Look, token: &str) -> Result<State, Fault> {
    let states = [
        ("armed", State::Armed),
        ("undoing", State::Undoing),
        ("confirmed", State::Confirmed),
        ("undone", State::Undone),
    ];
    for (name, state) in states {
        if look.read(&format!("{DIR}/{name}/token"))?.as_deref() == Some(token.as_bytes()) {
            let is_unloaded =
                state == State::Undone && look.stat(&format!("{DIR}/{name}/unloaded"))?.is_some();
            return Ok(if is_unloaded { State::Unloaded } else { state });
        }
    }
    Ok(State::Unknown)
}

/// Confirms the guard of this name, unless it is too late; how far it has come then.
///
/// # Errors
/// Its directories cannot be read.
pub fn confirm(host: &dyn Host, token: &str) -> Result<State, Fault> {
    if state(host, token)? == State::Armed {
        // Whoever was quicker has decided.
        drop(host.rename(&format!("{DIR}/armed"), &format!("{DIR}/confirmed")));
    }
    decided(host, token, UNDOING)
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

/// The same, for as long as the host may take to decide it.
fn decided_in_time(look: &dyn Look, token: &str) -> Result<State, Fault> {
    let seconds = look.text(&format!("{DIR}/armed/seconds"))?.unwrap_or_default();
    let seconds = seconds.parse().unwrap_or(0);
    decided(look, token, Duration::from_secs(seconds) + UNDOING)
}

/// Waits until the guard of this name is decided; puts back what was there before itself, if nobody else does in time.
///
/// # Errors
/// That cannot be done.
pub fn wait(host: &dyn Host, token: &str) -> Result<State, Fault> {
    decided_in_time(host, token)?;
    undo(host, token)
}

/// Puts back what was there before a change, now; how far its guard has come then. One that is decided stays as it is.
///
/// # Errors
/// It cannot be put back.
pub fn undo(host: &dyn Host, token: &str) -> Result<State, Fault> {
    let mut said = String::new();
    // Where the script went on to its next directory under our hands, it is found there.
    for _ in 0..2 {
        let at = match state(host, token)? {
            State::Armed => "armed",
            State::Undoing => "undoing",
            other => return Ok(other),
        };
        said = host.run(&Run::new(&["/bin/sh", &format!("{DIR}/{at}/undo"), "now"]))?.text();
    }
    match state(host, token)? {
        State::Armed | State::Undoing => Err(Fault::new("what was there before cannot be put back")
            .output(&said)
            .fix(format!("repair what the last lines name, then, on the host: sh {DIR}/undoing/undo now"))),
        other => Ok(other),
    }
}

/// Undoes what was changed on while its guard was undone already; how far the guard has come then.
///
/// # Errors
/// It cannot be put back.
pub fn undo_again(host: &dyn Host, token: &str) -> Result<State, Fault> {
    if matches!(decided(host, token, UNDOING)?, State::Undone | State::Unloaded) {
        host.rename(&format!("{DIR}/undone"), &format!("{DIR}/undoing"))?;
    }
    undo(host, token)
}

/// The guard that is not decided, if there is one.
fn open(look: &dyn Look) -> Result<Option<String>, Fault> {
    for state in ["armed", "undoing"] {
        if let Some(token) = look.text(&format!("{DIR}/{state}/token"))? {
            return Ok(Some(token));
        }
    }
    Ok(None)
}

/// Refuses to look at a host on which a change waits: what is there now may be gone in a moment.
///
/// # Errors
/// One does.
pub fn look(look: &dyn Look) -> Result<(), Fault> {
    let waits = "a change of an earlier run is neither confirmed nor undone yet; the host decides soon";
    match open(look)? {
        Some(_) => Err(Fault::new(waits).fix("run the same command again in a minute; `apply` waits for it")),
        None => Ok(()),
    }
}

/// Waits for a guard of another run, and changes nothing.
///
/// # Errors
/// Its directories cannot be read.
pub fn outlast(look: &dyn Look) -> Result<(), Fault> {
    open(look)?.map_or(Ok(()), |token| decided_in_time(look, &token).map(drop))
}

/// Waits for guards of earlier runs, and puts back what nobody else does. Only who has the host's lock may do so.
///
/// # Errors
/// What was there before cannot be put back.
pub fn settle(host: &dyn Host) -> Result<(), Fault> {
    // One that is undone may have stood before one that is armed.
    for _ in 0..2 {
        open(host)?.map_or(Ok(State::Unknown), |token| wait(host, &token))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
