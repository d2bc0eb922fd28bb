//! Why a login failed, in words one can act on; and the exact `ssh` command line for scripts.

use std::process::Stdio;

use super::target::Target;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::quote;

/// Whether a key that nobody has seen yet is taken; a changed one never is.
pub fn takes_new_keys(target: &Target) -> bool {
    target.options.iter().any(|word| word.ends_with("StrictHostKeyChecking=accept-new"))
}

/// The command line that reaches this host with the same key, known hosts and port as we do.
pub fn command_line(target: &Target) -> Vec<String> {
    let mut words = vec!["ssh".to_string()];
    let mut add = |flag: &str, value: String| words.extend([flag.to_string(), value]);
    if let Some(key) = &target.key {
        add("-i", key.display().to_string());
        add("-o", "IdentitiesOnly=yes".into());
    }
    if let Some(known_hosts) = &target.known_hosts {
        add("-o", format!("UserKnownHostsFile={}", known_hosts.display()));
    }
    // The first of two wins, so this one is left out where the inventory says otherwise.
    if !takes_new_keys(target) {
        add("-o", "StrictHostKeyChecking=yes".into());
    }
    if let Some(port) = target.port {
        add("-p", port.to_string());
    }
    if let Some(user) = &target.user {
        add("-l", user.clone());
    }
    words.extend(target.options.iter().cloned());
    words.push(target.address.clone());
    words
}

/// What a failed login showed beside ssh's words.
#[derive(Default)]
struct Seen {
    /// Who would log in, by ssh's own rules.
    user: String,
    /// The private key of the inventory is not there.
    no_key: bool,
    /// Type and fingerprint of the key the host shows now.
    key_now: Option<String>,
    /// Type and fingerprint of the key that was expected.
    known_key: Option<String>,
}

/// What ssh's words mean, and what to do (exit 3). Where the host's key is the matter, ssh is asked for it.
pub async fn explain(target: &Target, said: &str) -> Diagnostic {
    let no_key = target.key.as_ref().is_some_and(|key| !key.exists());
    let mut seen = Seen { user: login_name(target).await, no_key, ..Seen::default() };
    if said.contains("Host key verification failed") || said.contains("host key is known") {
        seen.key_now =
            key_shown(&ask(target, &["-v", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]).await);
        if let Some((file, line)) = offending(said) {
            seen.known_key = known_key(target, file, line).await;
        }
    }
    reason(target, &seen, said)
}

/// Runs `ssh` for this host with more options; both its outputs.
async fn ask(target: &Target, options: &[&str]) -> String {
    let mut words = command_line(target);
    words.splice(1..1, options.iter().map(ToString::to_string));
    words.push("true".into());
    output("ssh", &words[1..]).await
}

async fn output<S: AsRef<std::ffi::OsStr>>(program: &str, words: &[S]) -> String {
    let mut command = tokio::process::Command::new(program);
    let ran = command.args(words).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ran.map(|o| text(&o.stdout) + &text(&o.stderr)).unwrap_or_default()
}

/// `user NAME` of `ssh -G`, which knows `~/.ssh/config`.
pub async fn login_name(target: &Target) -> String {
    if let Some(user) = &target.user {
        return user.clone();
    }
    let shown = ask(target, &["-G"]).await;
    let name = shown.lines().find_map(|line| line.strip_prefix("user "));
    name.unwrap_or("your user name").to_string()
}

/// `debug1: Server host key: ssh-ed25519 SHA256:…` as `ED25519 SHA256:…`.
fn key_shown(debugged: &str) -> Option<String> {
    let rest = debugged.split("Server host key: ").nth(1)?;
    let (kind, print) = rest.lines().next()?.split_once(' ')?;
    let kind = kind.trim_start_matches("ssh-").split("-sha2").next()?.to_uppercase();
    Some(format!("{kind} {print}"))
}

/// File and line of `Offending ED25519 key in FILE:LINE`.
fn offending(said: &str) -> Option<(&str, &str)> {
    said.split("Offending ").nth(1)?.split("key in ").nth(1)?.lines().next()?.trim().rsplit_once(':')
}

/// The name a host's key is kept under.
fn kept_under(target: &Target) -> String {
    match target.port {
        Some(port) if port != 22 => format!("[{}]:{port}", target.address),
        _ => target.address.clone(),
    }
}

/// Type and fingerprint of the key in this line of a known_hosts file, hashed or not.
async fn known_key(target: &Target, file: &str, line: &str) -> Option<String> {
    let found = output("ssh-keygen", &["-l", "-F", &kept_under(target), "-f", file]).await;
    let mut lines = found.lines().skip_while(|l| !l.trim_end().ends_with(&format!("found: line {line}")));
    let mut words = lines.nth(1)?.split_whitespace().skip(1);
    Some(format!("{} {} ({file}:{line})", words.next()?, words.next()?))
}

/// The command that takes the key the host shows now, unless another is known.
fn accept(target: &Target) -> String {
    let new = "StrictHostKeyChecking=accept-new";
    let words = command_line(target).into_iter();
    let words = words.map(|w| if w == "StrictHostKeyChecking=yes" { new.to_string() } else { w });
    line(words.chain(["true".to_string()]))
}

/// Words as a shell takes them.
fn line(words: impl Iterator<Item = String>) -> String {
    words.map(|w| quote::shell(&w).unwrap_or(w)).collect::<Vec<_>>().join(" ")
}

/// What ssh's words mean; pure.
fn reason(target: &Target, seen: &Seen, said: &str) -> Diagnostic {
    let error = |what: &str| Diagnostic::error(format!("{}: {what}", target.name)).exit(Exit::Unreachable);
    let key_now = seen.key_now.as_deref().unwrap_or("ssh did not show it");
    let compare = "on the host's own console: `for k in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $k; done`";
    if said.contains("IDENTIFICATION HAS CHANGED") {
        let (file, _) = offending(said).unwrap_or(("~/.ssh/known_hosts", ""));
        let forget = ["ssh-keygen", "-R", &kept_under(target), "-f", file].map(String::from);
        let forget = line(forget.into_iter());
        return error("its host key has changed; the connection was refused")
            .note("key now", key_now)
            .note("known key", seen.known_key.as_deref().unwrap_or(file))
            .note("why", "the host was made anew, or somebody else answers at its address")
            .note("compare", compare)
            .fix(format!("if `key now` is the host's, accept it: {forget} && {}", accept(target)));
    }
    if said.contains("Host key verification failed") || said.contains("host key is known") {
        return error("its host key is not known; the connection was refused")
            .note("key now", key_now)
            .note("compare", compare)
            .fix(format!("if `key now` is the host's, accept it: {}", accept(target)));
    }
    let error = |what: &str| error(what).note("ssh said", said.trim().replace('\r', ""));
    if said.contains("Permission denied") || said.contains("Too many authentication failures") {
        return error(&format!("login as `{}` was refused", seen.user)).fix(login_fix(target, seen, said));
    }
    error("cannot be reached").fix(reach_fix(target, said))
}

fn login_fix(target: &Target, seen: &Seen, said: &str) -> String {
    let key = target.key.as_ref().map_or("your key".to_string(), |k| format!("`{}`", k.display()));
    let by_hand = line(command_line(target).into_iter());
    if seen.no_key {
        return format!("there is no key at {key}; name the right file in `ansible_ssh_private_key_file`");
    }
    if said.contains("UNPROTECTED PRIVATE KEY FILE") {
        return format!("others may read {key}, so ssh does not use it: chmod 600 {}", key.replace('`', ""));
    }
    format!(
        "name the right `ansible_user` and `ansible_ssh_private_key_file`, or put {key} into the host's \
         authorized_keys (a key with a passphrase must be in your agent: ssh-add); try by hand: {by_hand}"
    )
}

fn reach_fix(target: &Target, said: &str) -> String {
    let (address, port) = (&target.address, target.port.unwrap_or(22));
    if said.contains("Could not resolve") {
        return format!(
            "`{address}` has no address here; correct the name, or give one: ansible_host: 192.0.2.1"
        );
    }
    if said.contains("Connection refused") {
        return format!(
            "nothing listens on port {port} of {address}; start sshd there, or name its port: ansible_port"
        );
    }
    let by_hand = line(command_line(target).into_iter());
    format!("see that the host runs and that a firewall lets port {port} through; try by hand: {by_hand}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target { name: "web-01".into(), address: "10.0.0.1".into(), ..Target::default() }
    }

    #[test]
    fn the_command_line_has_key_known_hosts_port_and_user() {
        let full = Target {
            port: Some(2222),
            user: Some("ubuntu".into()),
            key: Some("/k".into()),
            known_hosts: Some("/h".into()),
            ..target()
        };
        let wanted = "ssh -i /k -o IdentitiesOnly=yes -o UserKnownHostsFile=/h -o StrictHostKeyChecking=yes -p 2222 -l ubuntu 10.0.0.1";
        assert_eq!(command_line(&full).join(" "), wanted);
    }

    #[test]
    fn a_host_whose_new_key_may_be_taken_is_not_asked_strictly() {
        let options = vec!["-o".to_string(), "StrictHostKeyChecking=accept-new".to_string()];
        let wanted = "ssh -o StrictHostKeyChecking=accept-new 10.0.0.1";
        assert_eq!(command_line(&Target { options, ..target() }).join(" "), wanted);
    }

    #[test]
    fn a_changed_key_shows_both_fingerprints_and_the_command_that_accepts_it() {
        let said = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nAdd correct host key in /root/.ssh/known_hosts to get rid of this message.\nOffending ED25519 key in /root/.ssh/known_hosts:3\nHost key verification failed.\n";
        let known_key = Some("ED25519 SHA256:old (/root/.ssh/known_hosts:3)".into());
        let key_now = key_shown("x\ndebug1: Server host key: ssh-ed25519 SHA256:new\nx");
        let seen = Seen { user: "me".into(), no_key: false, key_now, known_key };
        let wanted = "error: web-01: its host key has changed; the connection was refused
  = key now: ED25519 SHA256:new
  = known key: ED25519 SHA256:old (/root/.ssh/known_hosts:3)
  = why: the host was made anew, or somebody else answers at its address
  = compare: on the host's own console: `for k in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $k; done`
  = fix: if `key now` is the host's, accept it: ssh-keygen -R 10.0.0.1 -f /root/.ssh/known_hosts && ssh -o StrictHostKeyChecking=accept-new 10.0.0.1 true";
        assert_eq!(reason(&target(), &seen, said).to_string(), wanted);
    }

    #[test]
    fn a_refused_login_is_not_called_unreachable() {
        let seen = Seen { user: "me".into(), ..Seen::default() };
        let text = reason(&target(), &seen, "me@10.0.0.1: Permission denied (publickey).").to_string();
        assert!(text.starts_with("error: web-01: login as `me` was refused\n"), "{text}");
    }
}
