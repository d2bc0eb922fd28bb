//! Throwaway hosts on this machine: real systemd, real sshd, root and nothing else, gone again without a trace.
//!
//! A host is an overlay over a debootstrapped base image, booted by systemd-nspawn in a network namespace of its own,
//! on a bridge with NAT. Whatever is made has a name derived from the sandbox's, so every command
//! finds what an earlier one left, also after a crash, and nothing needs to be remembered.
//!
//! | module | what it makes |
//! |---|---|
//! | `demand`, `subnet` | refusals, before anything is made |
//! | `image`, `mirror` | the base image of a suite |
//! | `root` | a host's file system |
//! | `network` | bridge, namespaces, NAT |
//! | `machine`, `cgroup` | the booted host |

mod cgroup;
mod demand;
mod image;
mod lock;
mod machine;
mod mirror;
mod mount;
mod network;
mod place;
mod root;
mod subnet;
mod tool;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::base::diagnostic::Diagnostic;
use lock::Lock;
use machine::Stop;
use place::Place;
use subnet::Subnet;

/// Where a sandbox host's sshd listens.
const PORT: u16 = 22;

/// Called with a line whenever a step is done or a long one begins.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

/// A sandbox: a name and its hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The inventory's file name without its end: letters, digits, `-`, `_`, `.`; at most 48.
    pub name: String,
    /// At least one; all in one private /24 whose `.1` becomes this machine's.
    pub hosts: Vec<HostSpec>,
}

/// One host of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpec {
    /// Its name in the inventory, and its host name.
    pub name: String,
    /// Where it answers.
    pub address: Ipv4Addr,
    /// A Debian or Ubuntu suite with systemd.
    pub suite: String,
    /// Who logs in, with our key and `sudo` without a password.
    pub user: String,
}

impl HostSpec {
    /// A host of the default suite (`bookworm`) and user (`ubuntu`).
    pub fn new(name: impl Into<String>, address: Ipv4Addr) -> Self {
        Self { name: name.into(), address, suite: "bookworm".into(), user: "ubuntu".into() }
    }
}

/// How to log in to a sandbox host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The private key, readable by root.
    pub key: PathBuf,
    /// The host's key lies here from before its first boot, under its name and its address.
    pub known_hosts: PathBuf,
    /// The address to connect to.
    pub address: Ipv4Addr,
    /// sshd's port.
    pub port: u16,
    /// The user.
    pub user: String,
}

/// What is there of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its systemd-nspawn runs.
    Running,
    /// Its file system is there; `up` boots it again.
    Stopped,
    /// Nothing; `up` makes it.
    Absent,
}

/// How to log in to `host`; plain names, whether it is up or not.
pub fn access(spec: &Spec, host: &HostSpec) -> Access {
    let place = Place::new(&spec.name);
    Access {
        key: place.key(),
        known_hosts: place.known_hosts(),
        address: host.address,
        port: PORT,
        user: host.user.clone(),
    }
}

/// The host's root file system as seen from this machine; mounted while the sandbox is up.
pub fn root_of(spec: &Spec, host: &HostSpec) -> PathBuf {
    Place::new(&spec.name).root(&host.name)
}

/// Each host of the inventory with what is there of it. Reads only, needs no root.
pub fn list<'a>(spec: &'a Spec) -> Vec<(&'a HostSpec, State)> {
    let place = Place::new(&spec.name);
    let state = |host: &'a HostSpec| {
        if machine::is_running(&place, &host.name) {
            (host, State::Running)
        } else if place.host(&host.name).exists() {
            (host, State::Stopped)
        } else {
            (host, State::Absent)
        }
    };
    spec.hosts.iter().map(state).collect()
}

/// Makes every host be there: running ones are left alone, dead ones booted again, half made ones begun anew.
///
/// Returns when one can log in to all of them. Errors: input that cannot be given to a host, a machine that
/// cannot do it (both exit 2, nothing was made), or a step that failed (exit 4; `up` again goes on from there).
pub fn up(spec: &Spec, progress: Progress) -> Result<(), Diagnostic> {
    demand::names(spec)?;
    let subnet = Subnet::of(spec)?;
    demand::machine()?;
    let place = Place::new(&spec.name);
    network::refuse_clash(&place, subnet)?;
    let _lock = Lock::take(&place.directory())?;
    let mut suites: Vec<&str> = spec.hosts.iter().map(|host| host.suite.as_str()).collect();
    suites.sort_unstable();
    suites.dedup();
    for suite in suites {
        image::ensure(suite, progress)?;
    }
    network::ensure(&place, subnet)?;
    ensure_key(&place)?;
    let resting: Vec<&HostSpec> = spec.hosts.iter().filter(|host| !is_up(&place, host)).collect();
    each(&resting, progress, |host, _| {
        machine::stop(&place, &host.name, Stop::Cut)?;
        root::ensure(&place, host)
    })?;
    write_known_hosts(&place, spec)?;
    each(&resting, progress, |host, say| {
        let begun = Instant::now();
        network::wire(&place, host, subnet)?;
        machine::boot(&place, host)?;
        machine::wait_for_login(&place, host)?;
        say(format!("{}: up at {} after {:.1} s", host.name, host.address, begun.elapsed().as_secs_f32()));
        Ok(())
    })
}

fn is_up(place: &Place, host: &HostSpec) -> bool {
    machine::is_running(place, &host.name)
        && network::is_wired(place, host)
        && place.ready(&host.name).exists()
        && mount::is_mounted(&place.root(&host.name))
}

/// Shuts a host down as `poweroff` does and boots it again on the same file system. Returns when one can log in.
pub fn reboot(spec: &Spec, host: &HostSpec) -> Result<(), Diagnostic> {
    demand::machine()?;
    let subnet = Subnet::of(spec)?;
    let place = Place::new(&spec.name);
    if !place.ready(&host.name).exists() {
        return Err(Diagnostic::error(format!("sandbox host `{}` is not there", host.name))
            .fix("deployer sandbox up INVENTORY"));
    }
    let _lock = Lock::take(&place.directory())?;
    machine::stop(&place, &host.name, Stop::Orderly)?;
    root::ensure(&place, host)?;
    network::wire(&place, host, subnet)?;
    machine::boot(&place, host)?;
    machine::wait_for_login(&place, host)
}

/// Removes all hosts of the sandbox called `name`, also those that no inventory names any more, and whatever else
/// was made for it; the base images stay. What cannot be removed is an error that names it.
pub fn down(name: &str, progress: Progress) -> Result<(), Diagnostic> {
    demand::names(&Spec { name: name.into(), hosts: Vec::new() })?;
    demand::machine()?;
    let place = Place::new(name);
    let lock = Lock::take(&place.directory())?;
    let hosts = traces(&place);
    each(&hosts, progress, |host, say| {
        machine::stop(&place, host, Stop::Cut)?;
        network::unwire(&place, host)?;
        mount::unmount(&place.host(host))?;
        say(format!("{host}: gone"));
        Ok(())
    })?;
    network::remove(&place)?;
    let directory = place.directory();
    mount::unmount(&directory)?;
    tool::file(fs::remove_dir_all(&directory), "remove", &directory)?;
    drop(lock);
    // Other sandboxes may be there; then it stays.
    let _ = fs::remove_dir(place::STATE);
    let left = leftovers(name);
    if left.is_empty() {
        return Ok(());
    }
    Err(tool::failed("sandbox down", &left.join("\n")))
}

/// What is still there of the sandbox called `name`, in words; empty after `down`.
pub fn leftovers(name: &str) -> Vec<String> {
    let place = Place::new(name);
    let directory = place.directory();
    let mut found = network::leftovers(&place);
    found.extend(mount::mounts_below(&directory).iter().map(|point| format!("mount {point}")));
    let running = traces(&place).into_iter().filter(|host| machine::is_running(&place, host));
    found.extend(running.map(|host| format!("host {host}")));
    if directory.exists() {
        found.push(format!("directory {}", directory.display()));
    }
    found
}

/// Every host of which anything is left: a directory or a network namespace.
fn traces(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.directory()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    found.extend(network::hosts(place));
    found.sort_unstable();
    found.dedup();
    found
}

/// Works on all hosts at once; every one is finished, and the first error tells of the others.
fn each<T: Sync>(
    hosts: &[T],
    progress: Progress,
    work: impl Fn(&T, &dyn Fn(String)) -> Result<(), Diagnostic> + Sync,
) -> Result<(), Diagnostic> {
    let (sender, lines) = mpsc::channel::<String>();
    let errors: Vec<Diagnostic> = thread::scope(|scope| {
        let work = &work;
        let begin = |(host, sender): (_, mpsc::Sender<String>)| {
            // A line nobody reads any more is no loss.
            scope.spawn(move || work(host, &|line| drop(sender.send(line))))
        };
        let workers: Vec<_> = hosts.iter().map(|host| begin((host, sender.clone()))).collect();
        drop(sender);
        lines.iter().for_each(|line| progress(&line));
        let crashed = |_| Err(Diagnostic::error("sandbox: a bug of ours ended the work on a host"));
        workers.into_iter().filter_map(|worker| worker.join().unwrap_or_else(crashed).err()).collect()
    });
    let mut errors = errors.into_iter();
    match errors.next() {
        None => Ok(()),
        Some(first) => Err(errors.fold(first, |first, other| first.note("also", other.message))),
    }
}

fn ensure_key(place: &Place) -> Result<(), Diagnostic> {
    let (directory, key) = (place.access(), place.key());
    let public = key.with_extension("pub");
    if key.exists() && public.exists() {
        return Ok(());
    }
    tool::file(fs::create_dir_all(&directory), "make", &directory)?;
    for half in [&key, &public].into_iter().filter(|path| path.exists()) {
        tool::file(fs::remove_file(half), "remove", half)?;
    }
    let path = key.display().to_string();
    tool::run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "sandbox", "-f", &path]).map(drop)
}

fn write_known_hosts(place: &Place, spec: &Spec) -> Result<(), Diagnostic> {
    let lines: Result<Vec<String>, Diagnostic> =
        spec.hosts.iter().map(|host| root::known_host(place, host)).collect();
    let path: &Path = &place.known_hosts();
    tool::file(fs::write(path, lines?.concat()), "write", path)
}
