//! The README's first screen is what one sees: its commands are run on real hosts, and their output is compared.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The addresses of the README are the demo's; the test has hosts of its own.
const DEMO: [&str; 2] = ["inventories/sandbox.yml", "10.88.0."];
const OWN: [&str; 2] = ["inventories/readme.yml", "10.90.0."];

fn own(text: &str) -> String {
    text.replace(DEMO[0], OWN[0]).replace(DEMO[1], OWN[1])
}

/// The first `console` block: pairs of a command and its output.
fn screen(readme: &str) -> Vec<(String, String)> {
    let block = readme.split("```console\n").nth(1).unwrap().split("```").next().unwrap();
    block
        .split("$ ")
        .skip(1)
        .map(|part| part.split_once('\n').unwrap())
        .map(|(c, o)| (c.into(), o.into()))
        .collect()
}

struct Hosts<'a>(&'a Path);

impl Drop for Hosts<'_> {
    fn drop(&mut self) {
        run(self.0, &format!("deployer sandbox down {}", OWN[0]));
    }
}

fn run(directory: &Path, command: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_deployer")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(directory).env("PATH", path).stderr(Stdio::inherit());
    // A terminal does not show the carriage returns of HTTP's headers.
    String::from_utf8(shell.output().unwrap().stdout).unwrap().replace('\r', "")
}

#[test]
#[ignore = "needs root, and boots hosts"]
fn the_first_screen_shows_what_really_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("inventories")).unwrap();
    let inventory = fs::read_to_string(root.join(DEMO[0])).unwrap();
    fs::write(directory.path().join(OWN[0]), own(&inventory)).unwrap();
    run(directory.path(), &format!("deployer sandbox down {0}; deployer sandbox up {0}", OWN[0]));
    let _hosts = Hosts(directory.path());
    for (command, wanted) in screen(&fs::read_to_string(root.join("README.md")).unwrap()) {
        assert_eq!(run(directory.path(), &own(&command)), wanted, "$ {command}");
    }
}
