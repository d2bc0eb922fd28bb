//! Eight throwaway hosts, and what is run against them.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::delay::Proxy;

/// The release build of the program.
const DEPLOYER: &str = env!("CARGO_BIN_EXE_deployer");
/// Undoes an apply but for the packages and the agent's own traces of it.
const PUT_BACK: &str = "sudo sh -c 'systemctl disable --now hbnb-web.socket hbnb-api.socket hbnb-dynamic.socket \
    hbnb-onepage.socket hbnb-web hbnb-api hbnb-dynamic hbnb-onepage; rm -rf /opt/hbnb /var/lib/deployer /var/lib/hbnb \
    /etc/systemd/system/hbnb-* /etc/default/hbnb-* /etc/nginx/sites-*/deployer; userdel hbnb; systemctl daemon-reload; \
    apt-get install -y nginx curl; nginx -s reload; sync' >/dev/null 2>&1; true";
/// Where the far host is, with a delay in between.
const FAR: &str = "127.0.0.77";

/// Runs the program; a failure ends the benchmark.
pub fn deployer(arguments: &[&str]) {
    let output = Command::new(DEPLOYER).args(arguments).output().unwrap();
    assert!(output.status.success(), "deployer {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The hosts, gone when dropped.
pub struct Hosts {
    directory: tempfile::TempDir,
    ssh: Vec<Vec<String>>,
}

impl Hosts {
    /// Boots `count` hosts and installs the packages on them.
    pub fn up(count: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let example = include_str!("../../inventories/sandbox.yml");
        let (_, rest) = example.split_once("  vars:\n").unwrap();
        let list: String =
            (1..=count).map(|n| format!("    host-{n}: {{ ansible_host: 10.89.0.{} }}\n", 10 + n)).collect();
        fs::write(directory.path().join("bench.yml"), format!("web:\n  hosts:\n{list}  vars:\n{rest}"))
            .unwrap();
        let mut hosts = Self { directory, ssh: Vec::new() };
        deployer(&["sandbox", "up", &hosts.inventory()]);
        for n in 1..=count {
            let name = format!("host-{n}");
            let out =
                Command::new(DEPLOYER).args(["ssh", "--print", &hosts.inventory(), &name]).output().unwrap();
            let line = String::from_utf8(out.stdout).unwrap();
            hosts.ssh.push(line.split_whitespace().map(str::to_string).collect());
        }
        hosts.put_back(count);
        hosts
    }

    fn inventory(&self) -> String {
        self.directory.path().join("bench.yml").display().to_string()
    }

    fn limit(&self, count: usize) -> String {
        (1..=count).map(|n| format!("host-{n}")).collect::<Vec<_>>().join(":")
    }

    /// Runs a command on the first `count` hosts at once, over connections of their own.
    fn on_each(&self, count: usize, command: &[&str]) {
        let spawn = |words: &Vec<String>| {
            let mut ssh = Command::new(&words[0]);
            ssh.args(["-o", "ControlMaster=no", "-o", "ControlPath=none"]).args(&words[1..]).args(command);
            ssh.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<Child> = self.ssh[..count].iter().map(spawn).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
    }

    /// The floor.
    pub fn ssh_sudo_true(&self, count: usize) {
        self.on_each(count, &["sudo", "true"]);
    }

    /// Packages present, nothing else of ours.
    pub fn put_back(&self, count: usize) {
        self.on_each(count, &[PUT_BACK]);
    }

    /// Applies to the first `count` hosts.
    pub fn apply(&self, count: usize) {
        deployer(&["apply", &self.inventory(), "--limit", &self.limit(count), "--format", "json"]);
    }

    /// The same, still running.
    pub fn spawn_apply(&self, count: usize) -> Child {
        let mut command = Command::new(DEPLOYER);
        command.args(["apply", &self.inventory(), "--limit", &self.limit(count), "--format", "json"]);
        command.stdout(Stdio::null()).spawn().unwrap()
    }

    /// The first host, behind an added round-trip time.
    pub fn far(&self, round_trip: Duration) -> Far {
        let proxies = [22, 80]
            .map(|port| Proxy::start(&format!("{FAR}:{port}"), &format!("10.89.0.11:{port}"), round_trip));
        let words = &self.ssh[0];
        let after =
            |flag: &str| words.iter().position(|w| w == flag).map(|at| words[at + 1].clone()).unwrap();
        let known = words.iter().find_map(|w| w.strip_prefix("UserKnownHostsFile=")).unwrap();
        let known = fs::read_to_string(known).unwrap().replace("10.89.0.11", FAR);
        let known_hosts = self.directory.path().join("known_hosts");
        fs::write(&known_hosts, known).unwrap();
        let own = format!(
            "ansible_host: {FAR}, ansible_ssh_private_key_file: {}, ansible_ssh_common_args: -o UserKnownHostsFile={}",
            after("-i"),
            known_hosts.display()
        );
        let text = fs::read_to_string(self.inventory()).unwrap();
        let text = text.replace("host-1: { ansible_host: 10.89.0.11 }", &format!("host-1: {{ {own} }}"));
        let inventory = self.directory.path().join("far.yml");
        fs::write(&inventory, text.replace("    sandbox:", "    # sandbox:")).unwrap();
        Far { inventory, _proxies: proxies }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        deployer(&["sandbox", "down", &self.inventory()]);
    }
}

/// One host, far away.
pub struct Far {
    inventory: PathBuf,
    _proxies: [Proxy; 2],
}

impl Far {
    /// Applies to it.
    pub fn apply(&self) {
        deployer(&["apply", &self.inventory.display().to_string(), "--limit", "host-1", "--format", "json"]);
    }
}
