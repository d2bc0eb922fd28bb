//! A configuration file, or our lines at the top of one, that a program of the host takes up.

use std::ops::RangeInclusive;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::file::mode::Mode;
use super::guard::{Before, Undo};
use super::host::{Access, Host, Kind, Look, Run, Stat, run_or_fault};
use super::service::init::Init;
use super::stamp;

/// A file of root's that is tested before it is put in place, and loaded after; what fails leaves the old bytes.
///
/// ```yaml
/// config:
///   path: /etc/ssh/sshd_config
///   part: top
///   content: "PasswordAuthentication no\n"
///   validate: [/usr/sbin/sshd, -t, -f, "%s"]
///   load: [systemctl, reload, ssh.service]
///   confirm: 30
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Absolute path.
    pub path: String,
    /// The whole content, or our lines.
    pub content: String,
    /// How much of the file is ours.
    #[serde(default)]
    pub part: Part,
    /// Permission bits of a file that is ours.
    #[serde(default = "default_mode")]
    pub mode: Mode,
    /// A program that reads the new file, named `%s`, and refuses what is wrong; nothing is changed then.
    #[serde(default)]
    pub validate: Vec<String>,
    /// A program that makes the host follow the file.
    pub load: Vec<String>,
    /// What makes it follow no file; `load`, if that does it.
    #[serde(default)]
    pub unload: Vec<String>,
    /// A program that changes nothing and succeeds as long as the host follows the file.
    #[serde(default)]
    pub loaded: Vec<String>,
    /// It could lock us out: the host undoes it, unless a new login confirms it within so many seconds (5 to 600).
    #[serde(default, deserialize_with = "seconds")]
    pub confirm: Option<u16>,
    /// The host's init system.
    pub init: Init,
}

/// How much of a file is ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// Marked lines before the others', where the first of two wins.
    Top,
}

fn default_mode() -> Mode {
    Mode(0o644)
}

/// Seconds to confirm in: time to log in anew, and no more than one would wait for a host that is not coming back.
pub const CONFIRM: RangeInclusive<u16> = 5..=600;

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    match Option::<u16>::deserialize(deserializer)? {
        Some(seconds) if !CONFIRM.contains(&seconds) => {
            let (least, most) = CONFIRM.into_inner();
            Err(D::Error::custom(format!("{seconds} is not a time to confirm in; {least} to {most} seconds")))
        }
        time => Ok(time),
    }
}

/// Around our lines.
const BEGIN: &str = "# These lines are deployer's; changes are overwritten.\n";
const END: &str = "# Here end the lines of deployer.\n";
/// Where a new file is tested.
const TRIAL: &str = "/var/lib/deployer/trial";

/// What lies there, and whether the host follows it.
pub struct Seen {
    file: Option<(Vec<u8>, Stat)>,
    taken: String,
    loaded: bool,
}

impl Config {
    /// How what is there now is put back.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn undo(&self, look: &dyn Look) -> Result<Undo, Fault> {
        let files = [self.path.clone(), stamp::path(&self.stamp())];
        let files = files.iter().map(|path| Before::of(look, path)).collect::<Result<Vec<_>, _>>()?;
        let command = self.load_what_was(files[0].content.is_some());
        Ok(Undo { files, command: command.to_vec() })
    }

    /// What makes the host follow what was there before.
    fn load_what_was(&self, was_there: bool) -> &[String] {
        if was_there || self.unload.is_empty() { &self.load } else { &self.unload }
    }

    /// The file as it is wanted.
    fn wanted(&self, old: &str) -> String {
        let end = if self.content.is_empty() || self.content.ends_with('\n') { "" } else { "\n" };
        match self.part {
            Part::Whole => self.content.clone(),
            Part::Top => format!("{BEGIN}{}{end}{END}{}", self.content, others(old)),
        }
    }

    /// Has the new file tested, and changes nothing.
    ///
    /// # Errors
    /// It is refused, or cannot be tested.
    pub fn test(&self, host: &dyn Host) -> Result<(), Fault> {
        self.validated(&self.wanted(&self.observe(host)?.text()), host)
    }

    fn stamp(&self) -> String {
        format!("config{}", self.path.replace('/', "."))
    }

    fn validated(&self, text: &str, host: &dyn Host) -> Result<(), Fault> {
        if self.validate.is_empty() {
            return Ok(());
        }
        host.make_directory("/var/lib/deployer", &Access::root(0o755))?;
        host.write(TRIAL, text.as_bytes(), &Access::root(0o600))?;
        let argv: Vec<String> = self.validate.iter().map(|word| word.replace("%s", TRIAL)).collect();
        let ran = host.run(&Run::new(&argv));
        host.remove(TRIAL)?;
        let ran = ran?;
        if ran.status == 0 {
            return Ok(());
        }
        let what =
            format!("`{}` refused the new `{}`; the old one was not touched", argv.join(" "), self.path);
        Err(Fault::new(what).output(&ran.text()))
    }

    /// Puts back what was seen and loads it; what is true of the file then.
    fn put_back(&self, seen: &Seen, host: &dyn Host) -> String {
        let put = match &seen.file {
            Some((bytes, stat)) => host.write(&self.path, bytes, &stat.access()),
            None => host.remove(&self.path),
        };
        let before = format!("what `{}` said before", self.path);
        if let Err(fault) = put {
            return format!("{before} could not be put back: {fault}");
        }
        match run_or_fault(host, &Run::new(self.load_what_was(seen.file.is_some()))) {
            Ok(_) => format!("{before} is there again"),
            Err(fault) => format!("{before} is there again, but was not taken up: {fault}"),
        }
    }
}

impl Seen {
    /// The file's text; empty if there is no file.
    fn text(&self) -> String {
        self.file.as_ref().map_or(String::new(), |(bytes, _)| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// What others wrote into a file.
fn others(text: &str) -> String {
    match text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => text.to_string(),
    }
}

impl Verbs for Config {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let stat = look.stat(&self.path)?;
        if stat.as_ref().is_some_and(|s| s.kind != Kind::File) {
            let other = format!("`{}` is something else than a file", self.path);
            return Err(
                Fault::new(other).fix(format!("look at it and move it away: mv {0} {0}.old", self.path))
            );
        }
        let file = stat.map(|stat| Ok((look.read(&self.path)?.unwrap_or_default(), stat))).transpose()?;
        if let (Part::Top, Some((bytes, _))) = (self.part, &file)
            && std::str::from_utf8(bytes).is_err()
        {
            let other = format!("`{}` is not in UTF-8; its lines could not be kept as they are", self.path);
            let fix = "repair the lines that this shows on the host: grep -naxv";
            return Err(Fault::new(other).fix(format!("{fix} '.*' {}", self.path)));
        }
        Ok(Seen {
            file,
            taken: stamp::read(look, &self.stamp())?,
            loaded: self.loaded.is_empty() || look.ask(&Run::new(&self.loaded))?.status == 0,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let old = seen.text();
        let wanted = self.wanted(&old);
        let mut changes = Vec::new();
        if old != wanted || seen.file.is_none() {
            let modes = seen.file.iter().map(|(_, stat)| stat.mode);
            let ours = (self.part == Part::Whole).then_some(self.mode.0);
            changes.push(match modes.chain(ours).all(|mode| mode & 0o004 != 0) {
                false => Change::new("private content", format!("{} bytes", old.len()), "rewritten"),
                true => Change::new("content", old, wanted),
            });
        }
        if let (Part::Whole, Some((_, stat))) = (self.part, &seen.file) {
            changes.extend(Change::of("mode", Mode(stat.mode).to_string(), self.mode.to_string()));
        }
        if changes.is_empty() && !(seen.loaded && seen.taken == stamp::digest(self.content.as_bytes())) {
            changes.push(Change::new("state", "not taken up", "taken up"));
        }
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        let old = seen.text();
        let own = Access::root(self.mode.0);
        let access = match (self.part, &seen.file) {
            (Part::Whole, _) => own,
            (Part::Top, Some((_, stat))) => stat.access(),
            (Part::Top, None) => return Err(Fault::new(format!("`{}` does not exist", self.path))),
        };
        let wanted = self.wanted(&old);
        self.validated(&wanted, host)?;
        host.write(&self.path, wanted.as_bytes(), &access)?;
        if let Err(mut fault) = run_or_fault(host, &Run::new(&self.load)) {
            // Where there is a guard, it does that.
            if self.confirm.is_none() {
                fault.message += &format!("; {}", self.put_back(seen, host));
            }
            return Err(fault);
        }
        stamp::write(host, &self.stamp(), &stamp::digest(self.content.as_bytes()))
    }
}

#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;
