//! What goes wrong on real hosts: the exit status, and a text that says what was and was not changed.

mod reach;
mod step;
mod stop;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use deployer::deployer::sandbox;

use crate::support::host::Sandbox;

/// One small site a host: few steps, so that whole texts can be compared.
const APPS: &str = "
    apps:
      onepage: { run: '@hbnb/onepage', bind: '127.0.0.1:5000', workers: 1, routes: [{ path: /, slashes: either }] }
    probes:
      - { name: home, get: /, expect: { status: 200, body: Hello HBNB! } }
";

/// Hosts, and a directory with an inventory for them.
struct Desk {
    hosts: Sandbox,
    directory: tempfile::TempDir,
}

impl Desk {
    /// Boots `count` hosts and lets the test in as root beside the user: it breaks sudo, too.
    fn start(name: &str, count: u8) -> Self {
        let hosts = Sandbox::start(name, count);
        let desk = Self { hosts, directory: tempfile::tempdir().unwrap() };
        for host in &desk.hosts.spec.hosts {
            let door = "sudo mkdir -p /root/.ssh && sudo cp ~/.ssh/authorized_keys /root/.ssh/ && sudo chown -R root /root/.ssh";
            desk.hosts.read(&host.name, door);
        }
        desk.write(|text| text);
        desk
    }

    /// The inventory: its file is called as the sandbox, whose key it uses.
    fn inventory(&self) -> PathBuf {
        self.directory.path().join(format!("{}.yml", self.hosts.spec.name))
    }

    /// Writes the inventory as `edit` makes it.
    fn write(&self, edit: impl FnOnce(String) -> String) {
        let hosts = self.hosts.spec.hosts.iter();
        let hosts: String =
            hosts.map(|host| format!("    {}: {{ ansible_host: {} }}\n", host.name, host.address)).collect();
        let vars = "  vars:\n    ansible_user: ubuntu\n    sandbox: { suite: bookworm }";
        fs::write(self.inventory(), edit(format!("web:\n  hosts:\n{hosts}{vars}{APPS}"))).unwrap();
    }

    /// Where a host answers.
    fn address(&self, host: &str) -> String {
        self.hosts.host(host).address.to_string()
    }

    /// A command of the deployer for the inventory, not yet running.
    fn command(&self, command: &str, more: &[&str]) -> Command {
        let mut deployer = Command::new(env!("CARGO_BIN_EXE_deployer"));
        deployer.current_dir(self.directory.path()).arg(command).arg(self.inventory());
        deployer.args(["--format", "plain"]).args(more);
        deployer
    }

    /// Everything that `apply` says at its end, with what changes from run to run replaced, and its exit status.
    fn apply(&self, more: &[&str]) -> String {
        self.told(&self.command("apply", more).output().unwrap())
    }

    fn told(&self, output: &Output) -> String {
        let access = sandbox::access(&self.hosts.spec, &self.hosts.spec.hosts[0]);
        let [errors, data] =
            [&output.stderr, &output.stdout].map(|b| String::from_utf8_lossy(b).into_owned());
        let at_its_end = |line: &&str| line.as_bytes().get(2) != Some(&b':');
        let errors: String = errors.lines().filter(at_its_end).map(|line| format!("{line}\n")).collect();
        let text = (errors + &data)
            .replace(&format!("{}/", self.directory.path().display()), "")
            .replace(&access.key.parent().unwrap().display().to_string(), "ACCESS");
        format!("{}exit {}\n", without_the_restless(&text), output.status.code().unwrap_or(-1))
    }

    /// What a command of root's prints; panics with what it said if it fails.
    fn root(&self, host: &str, command: &str) -> String {
        let access = sandbox::access(&self.hosts.spec, self.hosts.host(host));
        let output = Command::new("ssh")
            .args(["-F", "none", "-oBatchMode=yes", "-oStrictHostKeyChecking=no", "-oLogLevel=ERROR"])
            .args(["-oUserKnownHostsFile=/dev/null", "-oIdentitiesOnly=yes", "-i"])
            .arg(&access.key)
            .arg(format!("root@{}", access.address))
            .arg(command)
            .output()
            .unwrap();
        let [out, err] = [&output.stdout, &output.stderr].map(|b| String::from_utf8_lossy(b).into_owned());
        assert!(output.status.success(), "{host}: `{command}`: {}\n{out}{err}", output.status);
        out.trim().to_string()
    }

    /// Starts a program of perl's on a host that stays until `release`.
    fn hold(&self, host: &str, perl: &str) {
        let ready = "open(my $r, '>', '/run/held'); close $r; sleep 600";
        let script = format!("$SIG{{TERM}} = 'DEFAULT'; {perl}; {ready};");
        self.root(host, &format!("rm -f /run/held; echo {} | base64 -d > /run/holder.pl", base64(&script)));
        self.root(
            host,
            "setsid perl /run/holder.pl > /run/holder.log 2>&1 < /dev/null & echo $! > /run/holder",
        );
        self.root(host, "until test -e /run/held; do kill -0 $(cat /run/holder) || { cat /run/holder.log; exit 1; }; done");
    }

    /// Ends what `hold` has started.
    fn release(&self, host: &str) {
        self.root(host, "p=$(cat /run/holder); kill $p; while kill -0 $p 2>/dev/null; do :; done");
    }

    /// What is half written or left over on a host, anywhere one of ours writes.
    fn half_written(&self, host: &str) -> String {
        let names = "-name '.*.new' -o -path '*/blob/*.*' -o -name '*.deployer-new' -o -name '.new.*'";
        self.root(host, &format!("find /etc /opt /var/lib/deployer {names} 2>/dev/null; true"))
    }
}

/// The text as base64, by the system's own program: no quoting survives two shells.
fn base64(text: &str) -> String {
    let script = format!("base64 -w0 <<'END'\n{text}\nEND\n");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// Holds apt's lock as dpkg does: `F_SETLK`, whole file.
const HOLD_APT: &str = "use Fcntl; open(my $f, '>>', '/var/lib/dpkg/lock-frontend') or die; \
                        my $l = pack('ssqqi', F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die $!";

/// Digests, releases, fingerprints, times and pids, each by its name.
fn without_the_restless(text: &str) -> String {
    let named = |word: &str| {
        let digits = |set: &str| !word.is_empty() && word.chars().all(|c| set.contains(c));
        match word.len() {
            64 if digits("0123456789abcdef") => "DIGEST",
            12 if digits("0123456789abcdef") => "RELEASE",
            _ if word.contains('#') && digits("0123456789#") => "PID",
            10 if word.contains('/') && digits("0123456789/") => "DATE",
            8 if word.contains(':') && digits("0123456789:") => "TIME",
            _ => return word.to_string(),
        }
        .to_string()
    };
    let mut said = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || "#/:".contains(c) && word.chars().all(|c| !c.is_ascii_alphabetic()) {
            word.push(c);
            continue;
        }
        let bare = word.trim_end_matches(':').to_string();
        said.push_str(&named(&bare));
        said.push_str(&word[bare.len()..]);
        said.push(c);
        word.clear();
    }
    said.pop();
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
    let said = after("SHA256:", base64, "PRINT", &said);
    let said = after("process ", |c| c.is_ascii_digit(), "PID", &said);
    after("site.yml:", |c| c.is_ascii_digit(), "LINE", &said)
}

/// What follows each `mark`, as long as it is made of `set`, by its name: `process 812 (` is `process PID (`.
fn after(mark: &str, set: fn(char) -> bool, name: &str, text: &str) -> String {
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |all, part| {
        let rest = part.trim_start_matches(set);
        let name = if rest.len() < part.len() { name } else { "" };
        format!("{all}{mark}{name}{rest}")
    })
}
