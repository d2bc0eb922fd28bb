//! Base images: one debootstrapped root file system a suite, made once and shared by all hosts below an overlay.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::place::CACHE;
use super::{Progress, mirror, mount, tool};
use crate::base::diagnostic::Diagnostic;

/// Raised when a base is made differently, so that older ones are not taken for it.
const RECIPE: u32 = 1;
/// What a host needs to be a host: an init, sshd and sudo.
const PACKAGES: &str = "systemd-sysv,dbus,openssh-server,sudo,iproute2,ca-certificates";
/// Downloaded but not installed: what the default playbook installs, so that hosts do it without a network.
const SEEDS: [&str; 2] = ["nginx", "curl"];
/// Timers that would hold apt's lock at moments of their own choosing.
const TIMERS: [&str; 4] = ["apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer"];

/// Where the base of `suite` lies once it is made.
pub(super) fn path(suite: &str) -> PathBuf {
    Path::new(CACHE).join(format!("{suite}-{RECIPE}"))
}

/// Makes the base of `suite` unless it is there. It is renamed into place when complete, so a crash leaves no half one.
pub(super) fn ensure(suite: &str, progress: Progress) -> Result<(), Diagnostic> {
    let source = mirror::of(suite)?;
    let base = path(suite);
    if base.is_dir() {
        return Ok(());
    }
    let _lock = Lock::take(Path::new(CACHE))?;
    if base.is_dir() {
        return Ok(());
    }
    let half = base.with_extension("half");
    if half.exists() {
        // An interrupted debootstrap may have left /proc mounted in it.
        mount::unmount(&half)?;
        tool::file(fs::remove_dir_all(&half), "remove", &half)?;
    }
    progress(&format!("{suite}: making the base image, once (about a minute)"));
    let include = format!("--include={PACKAGES}");
    let target = half.display().to_string();
    let arguments = ["--variant=minbase", &include, suite, &target, &source.url];
    tool::run("debootstrap", &arguments)
        .map_err(|said| said.fix(format!("check that this machine reaches {}", source.url)))?;
    settle(&half, &source.sources)?;
    progress(&format!("{suite}: downloading the packages that hosts will ask for"));
    seed(&half)?;
    tool::file(fs::rename(&half, &base), "rename", &half)
}

/// Makes a fresh root the base of many hosts: apt's sources, no identity, no timers.
fn settle(root: &Path, sources: &str) -> Result<(), Diagnostic> {
    write(root, "etc/apt/sources.list", sources)?;
    write(root, "etc/apt/apt.conf.d/01sandbox", &mirror::apt_settings())?;
    write(root, "etc/machine-id", "")?;
    copy_resolver(root)?;
    for key in ["rsa", "ecdsa", "ed25519"] {
        for end in ["", ".pub"] {
            let path = root.join(format!("etc/ssh/ssh_host_{key}_key{end}"));
            if path.exists() {
                tool::file(fs::remove_file(&path), "remove", &path)?;
            }
        }
    }
    for timer in TIMERS {
        let path = root.join("etc/systemd/system").join(timer);
        tool::file(symlink("/dev/null", &path), "mask", &path)?;
    }
    Ok(())
}

/// Fills apt's lists and its archive of packages.
fn seed(root: &Path) -> Result<(), Diagnostic> {
    let root = root.display().to_string();
    tool::run("chroot", &[&root, "apt-get", "clean"])?;
    tool::run("chroot", &[&root, "apt-get", "-q", "update"])?;
    let mut download = vec![root.as_str(), "apt-get", "-q", "-y", "--download-only", "install"];
    download.extend(SEEDS);
    tool::run("chroot", &download).map(drop)
}

/// Gives a root this machine's name servers.
pub(super) fn copy_resolver(root: &Path) -> Result<(), Diagnostic> {
    let own = Path::new("/etc/resolv.conf");
    let text = tool::file(fs::read_to_string(own), "read", own)?;
    // A stub on loopback, as systemd-resolved writes, cannot be reached from a network namespace.
    let upstream = Path::new("/run/systemd/resolve/resolv.conf");
    let stub = text.lines().any(|line| line.trim().starts_with("nameserver 127."));
    let text = if stub && upstream.is_file() {
        tool::file(fs::read_to_string(upstream), "read", upstream)?
    } else {
        text
    };
    let path = root.join("etc/resolv.conf");
    if path.is_symlink() {
        tool::file(fs::remove_file(&path), "remove", &path)?;
    }
    write(root, "etc/resolv.conf", &text)
}

/// Writes a file below `root`.
pub(super) fn write(root: &Path, path: &str, text: &str) -> Result<(), Diagnostic> {
    let path = root.join(path);
    tool::file(fs::write(&path, text), "write", &path)
}
