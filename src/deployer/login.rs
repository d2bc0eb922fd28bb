//! Why a login failed, in words one can act on; and the exact `ssh` command line for scripts.

use super::target::Target;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

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
    add("-o", "StrictHostKeyChecking=yes".into());
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

/// Asks `ssh` once more for its whole reason, and says what to do about it (exit 3).
pub async fn explain(target: &Target, first: &str) -> Diagnostic {
    let mut words = command_line(target);
    words.splice(1..1, ["-o", "BatchMode=yes", "-o", "ConnectTimeout=5"].map(String::from));
    words.push("true".into());
    let ran = tokio::process::Command::new("ssh")
        .args(&words[1..])
        .stdin(std::process::Stdio::null())
        .output()
        .await;
    let said = ran.map(|o| String::from_utf8_lossy(&o.stderr).into_owned()).unwrap_or_default();
    reason(target, if said.trim().is_empty() { first } else { &said })
}

/// What ssh's words mean; pure.
fn reason(target: &Target, said: &str) -> Diagnostic {
    let name = &target.name;
    let error = |what: &str| Diagnostic::error(format!("{name}: {what}")).exit(Exit::Unreachable);
    let address = match target.port {
        Some(port) => format!("[{}]:{port}", target.address),
        None => target.address.clone(),
    };
    let file = target.known_hosts.as_ref().map_or(String::new(), |f| format!(" -f {}", f.display()));
    let found = |before: &str| said.split(before).nth(1).and_then(|rest| rest.split_whitespace().next());
    if said.contains("IDENTIFICATION HAS CHANGED") {
        let seen = found("sent by the remote host is").unwrap_or("?").trim_end_matches('.');
        return error("its host key has changed; the connection was refused")
            .note("key now", seen)
            .note("known key", found("key in ").unwrap_or("see your known_hosts"))
            .note("why", "the host was made anew, or somebody else answers at its address")
            .fix(format!(
                "if it was made anew: ssh-keygen -R '{address}'{file}, then connect once to check the key"
            ));
    }
    if said.contains("Host key verification failed") || said.contains("host key is known") {
        return error("its host key is not known").fix(format!(
            "compare its fingerprint, then: ssh-keyscan {} >> ~/.ssh/known_hosts",
            target.address
        ));
    }
    if said.contains("Permission denied") {
        let user = target.user.as_deref().unwrap_or("your user name");
        return error(&format!("login as `{user}` was refused"))
            .note("ssh said", said.trim())
            .fix("name the right `ansible_user` and `ansible_ssh_private_key_file`; a key with a passphrase must be in your agent: ssh-add");
    }
    error("cannot be reached")
        .note("ssh said", said.trim())
        .fix(format!("check the address: ssh {}", target.address))
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
    fn a_changed_key_shows_its_fingerprint_and_the_command_that_accepts_it() {
        let said = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:abc.\nOffending ED25519 key in /root/.ssh/known_hosts:3\nHost key verification failed.\n";
        let text = reason(&target(), said).to_string();
        assert!(text.contains("key now: SHA256:abc\n"), "{text}");
        assert!(text.contains("known key: /root/.ssh/known_hosts:3"), "{text}");
        assert!(text.contains("ssh-keygen -R '10.0.0.1'"), "{text}");
    }

    #[test]
    fn a_refused_login_is_not_called_unreachable() {
        let text = reason(&target(), "ubuntu@10.0.0.1: Permission denied (publickey).").to_string();
        assert!(text.starts_with("error: web-01: login as `your user name` was refused"), "{text}");
    }
}
