//! Why the agent did not start on a host that let us in; pure.

use super::target::Target;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// Where the agent is put.
const HOME: &str = "/var/lib/deployer";

/// What the host's words mean, and what to do (exit 3).
pub fn reason(target: &Target, user: &str, why: &str, said: &str) -> Diagnostic {
    let error = |message: &str| {
        let error = Diagnostic::error(format!("{}: {message}", target.name)).exit(Exit::Unreachable);
        if said.is_empty() { error } else { error.note("host said", said) }
    };
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let allow = format!("echo '{user} ALL=(ALL) NOPASSWD:ALL' | sudo tee /etc/sudoers.d/deployer");
    if has(&[
        "a password is required",
        "a terminal is required",
        "must have a tty",
        "not in the sudoers file",
    ]) {
        return error("sudo asks for a password").fix(format!("on the host, allow it without: {allow}"));
    }
    if has(&["sudo: command not found", "sudo: not found", "sudo: No such file"]) {
        return error("sudo is not installed").fix(format!(
            "log in as root (`ansible_user: root`), or as root on the host: apt-get install sudo && {}",
            allow.replace("sudo tee", "tee")
        ));
    }
    if has(&["No space left", "Disk quota exceeded"]) {
        return error(&format!("no space for the agent in {HOME}"))
            .fix("free some space (on the host: `df -h /var/lib`), then run the same command again");
    }
    if has(&["Read-only file system"]) {
        return error(&format!("{HOME} is on a read-only file system")).fix(
            "on the host, see why (`dmesg | tail`) and remount it writable, then run the same command again",
        );
    }
    error(&format!("the agent did not start: {why}"))
}

/// A host that our programs do not run on.
pub fn another_processor(target: &Target, arch: &str) -> Diagnostic {
    let ours = std::env::consts::ARCH;
    let name = &target.name;
    Diagnostic::error(format!("{name}: its processor is {arch}, and this deployer was built for {ours}"))
        .exit(Exit::Unreachable)
        .fix(format!("build for it: cargo build --release --target {arch}-unknown-linux-gnu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_called_a_lost_connection() {
        let target = Target { name: "web-01".into(), ..Target::default() };
        let said = reason(&target, "me", "broken pipe", "gzip: stdout: No space left on device").to_string();
        let wanted = "error: web-01: no space for the agent in /var/lib/deployer
  = host said: gzip: stdout: No space left on device
  = fix: free some space (on the host: `df -h /var/lib`), then run the same command again";
        assert_eq!(said, wanted);
    }
}
