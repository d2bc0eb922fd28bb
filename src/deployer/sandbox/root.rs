//! A host's root file system: an overlay over the base image, with a name, a user and a key of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::image::{self, write};
use super::place::Place;
use super::{HostSpec, mount, tool};
use crate::base::diagnostic::Diagnostic;

/// Mounts the host's root and prepares it the first time; a half prepared one is begun again.
pub(super) fn ensure(place: &Place, host: &HostSpec) -> Result<(), Diagnostic> {
    let directory = place.host(&host.name);
    if !place.ready(&host.name).exists() && directory.exists() {
        mount::unmount(&place.root(&host.name))?;
        tool::file(fs::remove_dir_all(&directory), "remove", &directory)?;
    }
    lay(place, host)?;
    if place.ready(&host.name).exists() {
        return image::copy_resolver(&place.root(&host.name));
    }
    prepare(place, host)?;
    let ready = place.ready(&host.name);
    tool::file(fs::write(&ready, ""), "write", &ready)
}

fn lay(place: &Place, host: &HostSpec) -> Result<(), Diagnostic> {
    let root = place.root(&host.name);
    if mount::is_mounted(&root) {
        return Ok(());
    }
    let directory = place.host(&host.name);
    for part in ["upper", "work", "root"] {
        let path = directory.join(part);
        tool::file(fs::create_dir_all(&path), "make", &path)?;
    }
    // The upper directory's mode and owner become those of the guest's `/`.
    let upper = directory.join("upper");
    tool::file(fs::set_permissions(&upper, fs::Permissions::from_mode(0o755)), "open", &upper)?;
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        image::path(&host.suite).display(),
        upper.display(),
        directory.join("work").display()
    );
    let root = root.display().to_string();
    tool::run("mount", &["-t", "overlay", "overlay", "-o", &options, &root]).map(drop)
}

/// Everything that makes a base image this host.
fn prepare(place: &Place, host: &HostSpec) -> Result<(), Diagnostic> {
    let root = place.root(&host.name);
    let (name, user) = (&host.name, &host.user);
    write(&root, "etc/hostname", &format!("{name}\n"))?;
    // sudo looks its own host's name up and waits for the resolver when it is not here.
    let hosts = format!("127.0.0.1 localhost\n127.0.0.1 {name}\n::1 localhost ip6-localhost\n");
    write(&root, "etc/hosts", &hosts)?;
    image::copy_resolver(&root)?;
    host_key(&root, name)?;
    let target = root.display().to_string();
    if user != "root" {
        tool::run("chroot", &[&target, "useradd", "--create-home", "--shell", "/bin/bash", user])?;
        write(&root, "etc/sudoers.d/sandbox", &format!("{user} ALL=(ALL) NOPASSWD: ALL\n"))?;
        let sudoers = root.join("etc/sudoers.d/sandbox");
        tool::file(fs::set_permissions(&sudoers, fs::Permissions::from_mode(0o440)), "protect", &sudoers)?;
    }
    let home = if user == "root" { "/root".to_string() } else { format!("/home/{user}") };
    let keys = format!("{home}/.ssh/authorized_keys");
    let public = place.key().with_extension("pub");
    let line = tool::file(fs::read_to_string(&public), "read", &public)?;
    let owner = |option: &str, mode: &str, path: &str| {
        tool::run("chroot", &[&target, "install", option, "-o", user, "-g", user, "-m", mode, path])
    };
    owner("-d", "700", &format!("{home}/.ssh"))?;
    write(&root, keys.trim_start_matches('/'), &line)?;
    tool::run("chroot", &[&target, "chown", &format!("{user}:{user}"), &keys])?;
    tool::run("chroot", &[&target, "chmod", "600", &keys]).map(drop)
}

/// The host's own key, made before it boots so that it is known from the first connection on.
fn host_key(root: &Path, name: &str) -> Result<(), Diagnostic> {
    let key = root.join("etc/ssh/ssh_host_ed25519_key").display().to_string();
    tool::run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &key]).map(drop)
}

/// The line of `known_hosts` for a prepared host.
pub(super) fn known_host(place: &Place, host: &HostSpec) -> Result<String, Diagnostic> {
    let path = place.root(&host.name).join("etc/ssh/ssh_host_ed25519_key.pub");
    let key = tool::file(fs::read_to_string(&path), "read", &path)?;
    Ok(format!("{},{} {key}", host.name, host.address))
}
