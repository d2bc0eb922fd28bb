//! A configuration file, or our lines at the top of one, that a program of the host takes up.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::guard::{Before, Undo};
use super::host::{Access, Host, Kind, Look, Run, Stat, run_or_fault};
use super::init::Init;
use super::mode::Mode;
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

/// Time to log in anew, and no more than one would wait for a host that is not coming back.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    match Option::<u16>::deserialize(deserializer)? {
        Some(seconds) if !(5..=600).contains(&seconds) => {
            Err(D::Error::custom(format!("{seconds} is not a time to confirm in; 5 to 600 seconds")))
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
        match self.part {
            Part::Whole => self.content.clone(),
            Part::Top => format!("{BEGIN}{}{END}{}", self.content, others(old)),
        }
    }

    fn stamp(&self) -> String {
        format!("config{}", self.path.replace('/', "."))
    }

    fn validated(&self, text: &str, host: &dyn Host) -> Result<(), Fault> {
        if self.validate.is_empty() {
            return Ok(());
        }
        host.make_directory("/var/lib/deployer", &Access { uid: 0, gid: 0, mode: 0o755 })?;
        host.write(TRIAL, text.as_bytes(), &Access { uid: 0, gid: 0, mode: 0o600 })?;
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

    /// Puts back what was seen and loads it.
    fn put_back(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        match &seen.file {
            Some((bytes, stat)) => host.write(&self.path, bytes, &access(stat))?,
            None => host.remove(&self.path)?,
        }
        host.run(&Run::new(self.load_what_was(seen.file.is_some()))).map(drop)
    }
}

/// What others wrote into a file.
fn others(text: &str) -> String {
    match text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => text.to_string(),
    }
}

fn access(stat: &Stat) -> Access {
    Access { uid: stat.uid, gid: stat.gid, mode: stat.mode }
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
        Ok(Seen {
            file: stat.map(|stat| Ok((look.read(&self.path)?.unwrap_or_default(), stat))).transpose()?,
            taken: stamp::read(look, &self.stamp())?,
            loaded: self.loaded.is_empty() || look.ask(&Run::new(&self.loaded))?.status == 0,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let old = seen.file.as_ref().map_or(String::new(), |(b, _)| String::from_utf8_lossy(b).into_owned());
        let wanted = self.wanted(&old);
        let mut changes = Vec::new();
        if old != wanted || seen.file.is_none() {
            changes.push(match self.mode.0 & 0o004 {
                0 => Change::new("private content", format!("{} bytes", old.len()), "rewritten"),
                _ => Change::new("content", old, wanted),
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
        let old = seen.file.as_ref().map_or(String::new(), |(b, _)| String::from_utf8_lossy(b).into_owned());
        let own = Access { uid: 0, gid: 0, mode: self.mode.0 };
        let access = match (self.part, &seen.file) {
            (Part::Whole, _) => own,
            (Part::Top, Some((_, stat))) => access(stat),
            (Part::Top, None) => return Err(Fault::new(format!("`{}` does not exist", self.path))),
        };
        let wanted = self.wanted(&old);
        self.validated(&wanted, host)?;
        host.write(&self.path, wanted.as_bytes(), &access)?;
        if let Err(mut fault) = run_or_fault(host, &Run::new(&self.load)) {
            self.put_back(seen, host)?;
            fault.message += &format!("; what `{}` said before is there again", self.path);
            return Err(fault);
        }
        stamp::write(host, &self.stamp(), &stamp::digest(self.content.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    const PATH: &str = "/etc/ssh/sshd_config";

    fn sshd() -> Config {
        let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
        Config {
            path: PATH.into(),
            content: "PasswordAuthentication no\n".into(),
            part: Part::Top,
            mode: Mode(0o644),
            validate: words("sshd -t -f %s"),
            load: words("systemctl reload ssh"),
            unload: Vec::new(),
            loaded: Vec::new(),
            confirm: Some(30),
            init: Init::Systemd,
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
        let rules = Config {
            path: "/etc/rules".into(),
            part: Part::Whole,
            validate: Vec::new(),
            load: vec!["nft".into(), "-f".into()],
            unload: vec!["nft".into(), "delete".into()],
            ..sshd()
        };
        let Outcome::Failed(fault) = rules.converge(&host) else { panic!("it did not fail") };
        assert_eq!(fault.message, "`nft -f` failed (exit 1); what `/etc/rules` said before is there again");
        assert_eq!(host.writes(), ["write /etc/rules", "run nft -f", "remove /etc/rules", "run nft delete"]);
    }

    #[test]
    fn what_the_host_does_not_follow_any_more_is_loaded_again() {
        let host = host();
        let watched = Config { loaded: vec!["nft".into(), "list".into()], ..sshd() };
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
}
