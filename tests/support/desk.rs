//! The desk of one test: an inventory of a sandbox's hosts in a directory of its own, and `deployer` run on it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use deployer::deployer::sandbox;
use serde_json::Value;
use tempfile::TempDir;

use super::host::Sandbox;

/// No run of one host takes longer, the packages' download included.
const DEADLINE: Duration = Duration::from_secs(240);

/// What every host of these tests runs; the same applications as in `inventories/sandbox.yml`.
const SITE: &str = r#"
    seed: true
    apps:
      onepage: { run: "@hbnb/onepage", bind: 127.0.0.1:5000, workers: 2, routes: [{ path: /airbnb-onepage/ }] }
      dynamic: { run: "@hbnb/dynamic", bind: 127.0.0.1:5001, workers: 1, routes: [{ path: /airbnb-dynamic/ }] }
      api: { run: "@hbnb/api", workers: 2, routes: [{ path: /api/ }, { path: /apidocs/ }], health: /api/v1/status }
      web: { run: "@hbnb/web", bind: 127.0.0.1:5003, workers: 2, routes: [{ path: / }], static: { /static/: static } }
    probes:
      - { name: onepage, get: /airbnb-onepage/, expect: { status: 200, body: Hello HBNB! } }
      - { name: dynamic, get: /airbnb-dynamic/number_odd_or_even/5, expect: { status: 200, body: "Number: 5 is odd" } }
      - { name: states, get: /api/v1/states, expect: { status: 200, body: State } }
      - { name: apidocs, get: /apidocs/, expect: { status: 200, body: /api/v1/places_search } }
      - { name: home, get: /, expect: { status: 200, body: Holberton School } }
      - { name: static, get: /static/styles/hbnb.css, expect: { status: 200 } }
"#;

/// How the inventory says how to log in.
#[derive(Clone, Copy, Debug)]
pub enum Login {
    /// `sandbox:`, with the inventory named as the sandbox.
    Sandbox,
    /// A key and a file of known hosts, as for any host.
    Variables,
}

/// An inventory and who runs it.
pub struct Desk {
    dir: TempDir,
    inventory: PathBuf,
    binary: PathBuf,
}

/// What a run said.
#[derive(Debug)]
pub struct Said {
    /// Its exit status; none when it was killed.
    pub exit: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Desk {
    /// The hosts of `sandbox` with the bundled applications.
    pub fn new(hosts: &Sandbox, login: Login) -> Self {
        Self::with(hosts, login, SITE)
    }

    /// The hosts of `sandbox` with a site of one's own: variables, indented by four.
    pub fn with(hosts: &Sandbox, login: Login, site: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let inventory = dir.path().join(format!("{}.yml", hosts.spec.name));
        let mut text = "web:\n  hosts:\n".to_string();
        for host in &hosts.spec.hosts {
            text += &format!("    {}: {{ ansible_host: {} }}\n", host.name, host.address);
        }
        let access = sandbox::access(&hosts.spec, &hosts.spec.hosts[0]);
        text += "  vars:\n    ansible_user: ubuntu\n";
        text += &match login {
            Login::Sandbox => "    sandbox: { suite: bookworm }".to_string(),
            Login::Variables => format!(
                "    ansible_ssh_private_key_file: {}\n    ansible_ssh_common_args: -o UserKnownHostsFile={}",
                access.key.display(),
                access.known_hosts.display()
            ),
        };
        fs::write(&inventory, text + "\n" + site).unwrap();
        Self { dir, inventory, binary: env!("CARGO_BIN_EXE_deployer").into() }
    }

    /// Adds variables to the inventory, indented by four.
    pub fn add(&self, variables: &str) {
        let text = fs::read_to_string(&self.inventory).unwrap();
        fs::write(&self.inventory, text + variables).unwrap();
    }

    /// Writes the inventory anew, as `edit` makes it.
    pub fn edit(&self, edit: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(&self.inventory).unwrap();
        fs::write(&self.inventory, edit(text)).unwrap();
    }

    /// Where the inventory lies.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// From now on another version of the application is deployed, called by what is appended to its program.
    pub fn new_version(&mut self, mark: &str) {
        let dir = self.dir.path().join(mark);
        fs::create_dir(&dir).unwrap();
        let from = Path::new(env!("CARGO_BIN_EXE_deployer")).parent().unwrap();
        for name in ["deployer", "appserver", "hbnb"] {
            fs::copy(from.join(name), dir.join(name)).unwrap();
        }
        let mut program = fs::read(dir.join("hbnb")).unwrap();
        program.extend_from_slice(mark.as_bytes());
        fs::write(dir.join("hbnb"), program).unwrap();
        self.binary = dir.join("deployer");
    }

    /// `deployer ARGUMENTS INVENTORY`, begun; `USER` is `user`.
    pub fn begin(&self, user: &str, arguments: &[&str]) -> Begun {
        let mut child = Command::new(&self.binary)
            .args(arguments)
            .arg(&self.inventory)
            .env("USER", user)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let (tell, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || err.lines().map_while(Result::ok).for_each(|l| drop(tell.send(l))));
        Begun { child, out, lines, err: String::new(), end: Instant::now() + DEADLINE }
    }

    /// The same, to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.begin("tester", arguments).finish()
    }

    /// `apply` to its end, which must be good; the names of the steps that were changed.
    pub fn apply(&self) -> BTreeSet<String> {
        let said = self.run(&["apply", "--format", "json"]);
        assert_eq!(said.exit, Some(0), "{said:#?}");
        let document = said.json();
        for probe in document["hosts"][0]["probes"].as_array().unwrap() {
            assert_eq!((&probe["on_host"], &probe["from_here"]), (&"ok".into(), &"ok".into()), "{probe}");
        }
        said.changed()
    }
}

impl Said {
    /// Standard output of `--format json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The names of the steps that were changed on the first host, by `--format json`.
    pub fn changed(&self) -> BTreeSet<String> {
        let document = self.json();
        let steps = document["hosts"][0]["steps"].as_array().unwrap();
        let changed = steps.iter().filter(|step| step["outcome"].get("changed").is_some());
        changed.map(|step| step["name"].as_str().unwrap().to_string()).collect()
    }
}

/// A run that goes on.
pub struct Begun {
    child: Child,
    out: std::thread::JoinHandle<String>,
    lines: std::sync::mpsc::Receiver<String>,
    err: String,
    end: Instant,
}

impl Begun {
    /// Waits for a line of progress with these words.
    pub fn wait_for(&mut self, words: &str) {
        loop {
            let left = self.end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no line with `{words}` came:\n{}", self.err)
            };
            self.err += &format!("{line}\n");
            if line.contains(words) {
                return;
            }
        }
    }

    /// Waits until something is true, while it goes on.
    pub fn wait_until(&mut self, is_true: impl Fn() -> bool) {
        while !is_true() {
            assert!(self.goes_on() && Instant::now() < self.end, "it ended too early, or this never came");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it at once, without a chance to tidy up.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Whether it still goes on.
    pub fn goes_on(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Said {
        let status = self.status();
        // A master that outlives its killed run keeps no stream of ours open.
        let out = self.out.join().unwrap();
        self.err.extend(self.lines.iter().map(|line| line + "\n"));
        Said { exit: status.code(), out, err: self.err }
    }

    fn status(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if Instant::now() > self.end {
                self.kill();
                panic!("it does not end; it said:\n{}", self.err);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
