//! Throwaway hosts for one test: `Sandbox::start("name", 2)`, gone when dropped.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::Ipv4Addr;
use std::process::{Command, Output};

use deployer::deployer::sandbox::{self, HostSpec, Spec};
use rustix::fs::{FlockOperation, flock};

/// What changes by itself, or is not the deployer's: kernel file systems, logs, systemd's own memory, Nginx's room for long
/// answers.
const RESTLESS: [&str; 9] =
    ["proc", "sys", "run", "tmp", "dev", "var/log", "var/tmp", "var/lib/systemd", "var/lib/nginx/proxy"];
/// Networks of tests are 10.77.0.0/24 and up; the demo's is another.
const TEST_NETWORK: u8 = 77;

/// Running hosts `host-1`, `host-2`, …, in a network that no other test uses meanwhile.
pub struct Sandbox {
    /// As given to the library.
    pub spec: Spec,
    /// A test whose network is the same, here or in another checkout, waits until this one is over.
    _turn: File,
}

impl Sandbox {
    /// Boots `hosts` fresh hosts. `name` is the test's own: it chooses the sandbox's name and network.
    ///
    /// Panics with a sentence where no sandbox can be made, as without root.
    pub fn start(name: &str, hosts: u8) -> Self {
        let spec = Self::spec(name, hosts);
        let [.., third, _] = spec.hosts[0].address.octets();
        let turn = std::env::temp_dir().join(format!("deployer-test-network-{third}.lock"));
        let turn = File::create(turn).unwrap();
        flock(&turn, FlockOperation::LockExclusive).unwrap();
        let sandbox = Self { spec, _turn: turn };
        // What an interrupted run left would not be fresh.
        sandbox::down(&sandbox.spec.name, &mut |line| eprintln!("{line}")).unwrap_or_else(|e| panic!("{e}"));
        sandbox.up();
        for host in &sandbox.spec.hosts {
            // At midnight a host saves dpkg's database, which is no change of ours.
            sandbox.read(&host.name, "sudo systemctl stop '*.timer'");
        }
        sandbox
    }

    /// The same, without booting anything.
    pub fn spec(name: &str, hosts: u8) -> Spec {
        let third = name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        let host = |n| HostSpec::new(format!("host-{n}"), Ipv4Addr::new(10, TEST_NETWORK, third, 10 + n));
        Spec { name: format!("test-{name}"), hosts: (1..=hosts).map(host).collect() }
    }

    /// Brings back what is not there; the same as `deployer sandbox up` once more.
    pub fn up(&self) {
        sandbox::up(&self.spec, &mut |line| eprintln!("{line}")).unwrap_or_else(|e| panic!("{e}"));
    }

    /// This machine's address in the network of the hosts.
    pub fn gateway(&self) -> Ipv4Addr {
        let [a, b, c, _] = self.spec.hosts[0].address.octets();
        Ipv4Addr::new(a, b, c, 1)
    }

    /// The host called `name`.
    pub fn host(&self, name: &str) -> &HostSpec {
        self.spec.hosts.iter().find(|host| host.name == name).unwrap_or_else(|| panic!("no host {name}"))
    }

    /// Runs a command on a host by ssh, as its user.
    pub fn ssh(&self, host: &str, command: &str) -> Output {
        let login = self.login(host);
        let mut words = login.split(' ');
        Command::new(words.next().unwrap()).args(words).arg(command).output().unwrap()
    }

    /// The words that log in to a host by ssh, as its user; none of them has a blank or means something to a shell.
    pub fn login(&self, host: &str) -> String {
        let access = sandbox::access(&self.spec, self.host(host));
        format!(
            "ssh -F none -oBatchMode=yes -oStrictHostKeyChecking=yes -oIdentitiesOnly=yes -oUserKnownHostsFile={} -i {} -p {} {}@{}",
            access.known_hosts.display(),
            access.key.display(),
            access.port,
            access.user,
            access.address
        )
    }

    /// What a command on a host prints, trimmed; panics with what it said if it fails.
    pub fn read(&self, host: &str, command: &str) -> String {
        let output = self.ssh(host, command);
        let [out, err] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(output.status.success(), "{host}: `{command}`: {}\n{out}{err}", output.status);
        out.trim().to_string()
    }

    /// Shuts a host down and boots it again.
    pub fn reboot(&self, host: &str) {
        sandbox::reboot(&self.spec, self.host(host)).unwrap_or_else(|e| panic!("{e}"));
    }

    /// Kind, mode, owner and content of every file of a host, by path; times are left out.
    pub fn files(&self, host: &str) -> BTreeMap<String, String> {
        let root = sandbox::root_of(&self.spec, self.host(host));
        let prune = RESTLESS.map(|path| format!("-path ./{path}")).join(" -o ");
        let script = format!(
            r#"find . \( {prune} \) -prune -o -printf '%P\t%y %m %U:%G %l\n'
               find . \( {prune} \) -prune -o -type f -print0 | xargs -0 sha256sum -- | sed -E 's/^(\S+)  \.\/(.*)$/\2\t\1/'"#
        );
        let output = Command::new("sh").args(["-ec", &script]).current_dir(&root).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut files = BTreeMap::<String, String>::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (path, fact) = line.split_once('\t').unwrap_or((line, ""));
            let facts = files.entry(path.into()).or_default();
            *facts = format!("{facts} {fact}").trim().into();
        }
        files
    }

    /// One text that stands for `files`.
    pub fn digest(&self, host: &str) -> String {
        use sha2::{Digest, Sha256};
        let whole = format!("{:?}", self.files(host));
        Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The paths whose facts differ between two looks at a host.
pub fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Err(error) = sandbox::down(&self.spec.name, &mut |_| ())
            && !std::thread::panicking()
        {
            panic!("{error}");
        }
    }
}
