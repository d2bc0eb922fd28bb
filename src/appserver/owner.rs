//! Whom processes run as and who owns what we make for them: `user`, `group`, `initgroups`, `umask`.
//!
//! Names are looked up in `/etc/passwd` and `/etc/group`, because a static binary has no other directory service; a user of
//! another one is named by its number.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::thread;

use rustix::fs::{FileType, Gid, Mode, Uid, fchown, fstat};
use rustix::process::{getegid, geteuid, umask};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::settings::Settings;
use super::settings::account::Account;
use crate::base::diagnostic::Diagnostic;

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// Another user than ours.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    user: u32,
    group: u32,
    /// The groups beside.
    groups: Vec<u32>,
}

/// What a process has from its first moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// None: whom we run as ourselves.
    identity: Option<Identity>,
    /// Zero: ours.
    mask: u32,
}

impl Owner {
    /// As the settings say. Errors: nobody is called that, or we may not become them.
    pub fn of(settings: &Settings) -> Result<Self, Diagnostic> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (own_user, own_group) = (geteuid().as_raw(), getegid().as_raw());
        let wanted = identity(settings, &read(PASSWD), &read(GROUP), (own_user, own_group))?;
        let identity = wanted.filter(|wanted| {
            (wanted.user, wanted.group) != (own_user, own_group) || (settings.initgroups && own_user == 0)
        });
        if identity.is_some() && own_user != 0 {
            let said = Diagnostic::error("cannot run workers as another user or group: only root may");
            return Err(said.fix("start as root, or leave out `user` and `group`"));
        }
        Ok(Self { identity, mask: settings.umask.0 })
    }

    /// Does something that makes files, with the mask that they are to have.
    pub fn masked<T>(&self, act: impl FnOnce() -> T) -> T {
        if self.mask == 0 { act() } else { with_mask(self.mask, act) }
    }

    /// Starts a process that is this user's from its first moment. Errors are those of the system.
    pub fn spawn<T: Send>(&self, start: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let Some(identity) = &self.identity else { return self.masked(start) };
        // A thread has a user and groups of its own, and its child inherits them; ours stay as they are.
        let as_other = || {
            identity.assume()?;
            start()
        };
        self.masked(|| thread::scope(|scope| scope.spawn(as_other).join()))
            .unwrap_or_else(|_| Err(io::Error::other("the thread that was to start it panicked")))
    }

    /// Gives a file that we opened away, so that its user may open it again; a terminal or a device stays whose it is.
    pub fn give(&self, file: impl AsFd) {
        let is_file =
            fstat(&file).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile);
        if let (Some(identity), true) = (&self.identity, is_file) {
            // As good as it goes: it is open already.
            let _ = fchown(file, Some(Uid::from_raw(identity.user)), Some(Gid::from_raw(identity.group)));
        }
    }

    /// Gives the file of a socket away. Errors are those of the system.
    pub fn give_socket(&self, path: &Path) -> io::Result<()> {
        match &self.identity {
            Some(identity) => std::os::unix::fs::chown(path, Some(identity.user), Some(identity.group)),
            None => Ok(()),
        }
    }
}

/// Does something that makes files with this mask, which takes rights away from them.
pub fn with_mask<T>(mask: u32, act: impl FnOnce() -> T) -> T {
    let before = umask(Mode::from_raw_mode(mask));
    let done = act();
    umask(before);
    done
}

impl Identity {
    /// Makes this thread one of this user.
    fn assume(&self) -> io::Result<()> {
        let groups: Vec<Gid> = self.groups.iter().copied().map(Gid::from_raw).collect();
        set_thread_groups(&groups)?;
        let (user, group) = (Uid::from_raw(self.user), Gid::from_raw(self.group));
        set_thread_res_gid(group, group, group)?;
        set_thread_res_uid(user, user, user)?;
        Ok(())
    }
}

/// Who is meant, given the two files and our own user and group; none if nobody is named.
fn identity(
    settings: &Settings,
    passwd: &str,
    group: &str,
    own: (u32, u32),
) -> Result<Option<Identity>, Diagnostic> {
    if settings.user.is_none() && settings.group.is_none() {
        return Ok(None);
    }
    let (user, name) = match &settings.user {
        None => (own.0, None),
        Some(Account::Id(id)) => (*id, lines(passwd).find(|fields| number(fields, 2) == Some(*id))),
        Some(Account::Name(name)) => {
            let found = lines(passwd).find(|fields| fields[0] == name);
            let id = found.as_ref().and_then(|fields| number(fields, 2));
            (id.ok_or_else(|| unknown("user", name, PASSWD))?, found)
        }
    };
    let gid = match &settings.group {
        None => own.1,
        Some(Account::Id(id)) => *id,
        Some(Account::Name(name)) => lines(group)
            .find(|fields| fields[0] == name)
            .and_then(|fields| number(&fields, 2))
            .ok_or_else(|| unknown("group", name, GROUP))?,
    };
    let is_member = |fields: &Vec<&str>| match (&name, fields.get(3)) {
        (Some(user), Some(members)) => members.split(',').any(|member| member == user[0]),
        _ => false,
    };
    let mut groups = Vec::new();
    if settings.initgroups {
        groups.push(gid);
        groups.extend(lines(group).filter(is_member).filter_map(|fields| number(&fields, 2)));
        groups.sort_unstable();
        groups.dedup();
    }
    Ok(Some(Identity { user, group: gid, groups }))
}

fn unknown(what: &str, name: &str, file: &str) -> Diagnostic {
    Diagnostic::error(format!("there is no {what} `{name}`"))
        .fix(format!("a {what} of `{file}`, or the number of one"))
}

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}

fn number(fields: &[&str], at: usize) -> Option<u32> {
    fields.get(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/var/www:/bin/false\n";
    const GROUPS: &str = "root:x:0:\nwww:x:33:\nmedia:x:50:ftp,www\nadm:x:4:root\n";

    fn meant(
        user: Option<Account>,
        group: Option<Account>,
        initgroups: bool,
    ) -> Result<(u32, u32, Vec<u32>), String> {
        let settings = Settings { user, group, initgroups, ..Settings::default() };
        match identity(&settings, USERS, GROUPS, (0, 0)) {
            Ok(Some(Identity { user, group, groups })) => Ok((user, group, groups)),
            Ok(None) => Err("nobody".into()),
            Err(wrong) => Err(wrong.to_string()),
        }
    }

    fn name(text: &str) -> Option<Account> {
        Some(Account::Name(text.into()))
    }

    #[test]
    fn a_user_is_named_or_numbered_and_has_its_groups_only_if_asked() {
        assert_eq!(meant(name("www"), name("media"), false), Ok((33, 50, vec![])));
        assert_eq!(meant(Some(Account::Id(33)), name("www"), true), Ok((33, 33, vec![33, 50])));
        assert_eq!(meant(Some(Account::Id(7)), None, true), Ok((7, 0, vec![0])));
        assert_eq!(meant(None, name("adm"), false), Ok((0, 4, vec![])));
        assert_eq!(meant(None, None, true), Err("nobody".into()));
    }

    #[test]
    fn a_name_that_nobody_has_says_where_it_was_looked_for() {
        assert_eq!(
            meant(name("wwww"), None, false),
            Err("error: there is no user `wwww`\n  = fix: a user of `/etc/passwd`, or the number of one"
                .into())
        );
        assert_eq!(
            meant(None, name("wwww"), false),
            Err("error: there is no group `wwww`\n  = fix: a group of `/etc/group`, or the number of one"
                .into())
        );
    }
}
