//! What people type, and all that they get: files, command lines, and what was printed, one case a file.
//!
//! A case (`tests/golden/cli/*/NAME.txt`) is `== PATH` and a file's text, as often as needed, then `$ deployer ARGUMENTS`
//! and what follows: stdout, stderr with `! ` before each line, and the exit status unless it is 0.
//! `UPDATE_GOLDEN=1 cargo test cli` writes what was printed; read the difference before it is committed.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory with a case's files, and what was typed there with the output that is wanted.
struct Case {
    dir: tempfile::TempDir,
    head: String,
    typed: Vec<(String, String)>,
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests/golden/cli").join(folder);
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).unwrap();
    let start = if text.starts_with("$ ") { 0 } else { text.find("\n$ ").map_or(text.len(), |at| at + 1) };
    let (head, typed) = text.split_at(start);
    let dir = tempfile::tempdir().unwrap();
    for file in head.split("== ").skip(1) {
        let (name, content) = file.split_once('\n').unwrap();
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let blocks = format!("\n{typed}");
    let typed = blocks.split("\n$ ").skip(1).map(|block| match block.split_once('\n') {
        Some((line, output)) => (line.to_string(), output.trim_end().to_string()),
        None => (block.to_string(), String::new()),
    });
    let typed = typed.collect();
    Case { dir, head: head.to_string(), typed }
}

fn run(dir: &Path, line: &str, more: &[&str]) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[0], "deployer", "{line}");
    let mut deployer = Command::new(env!("CARGO_BIN_EXE_deployer"));
    deployer.args(&words[1..]).args(more).current_dir(dir).env_clear();
    deployer
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .env("COLUMNS", "80")
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    let mut shown = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        shown += format!("! {line}").trim_end();
        shown.push('\n');
    }
    match output.status.code() {
        Some(0) => shown,
        Some(code) => shown + &format!("exit {code}\n"),
        None => shown + "killed\n",
    }
}

fn check(folder: &str, after: impl Fn(&Case, &str)) {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for path in cases(folder) {
        let case = read(&path);
        let mut text = case.head.clone();
        for (line, wanted) in &case.typed {
            let seen = shown(&run(case.dir.path(), line, &[]));
            if seen.trim_end() != wanted && !update {
                wrong.push(format!("{}: $ {line}\n{seen}", path.display()));
            }
            text += &format!("$ {line}\n{seen}\n");
            after(&case, line);
        }
        if update {
            fs::write(&path, text.trim_end().to_string() + "\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "not what was said before:\n\n{}", wrong.join("\n"));
}

#[test]
fn what_is_typed_right_prints_what_it_did() {
    check("good", |_, _| {});
}

/// `check` says it; `plan` and `apply` say the same and reach nobody.
#[test]
fn bad_input_is_told_whole_and_nothing_is_contacted() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    door.set_nonblocking(true).unwrap();
    let port = format!("ansible_port={}", door.local_addr().unwrap().port());
    let to_door = ["-e", "ansible_host=127.0.0.1", "-e", port.as_str()];
    check("bad", |case, line| {
        let same_door: &[&str] = if line.starts_with("deployer check ") { &to_door } else { &[] };
        let checked = run(case.dir.path(), line, same_door);
        assert_eq!(checked.status.code(), Some(2), "{line}");
        for command in ["plan", "apply"].iter().filter(|_| line.starts_with("deployer check ")) {
            let line = line.replacen("check", command, 1);
            let ran = run(case.dir.path(), &line, &to_door);
            assert_eq!(shown(&ran), shown(&checked), "{line}: {}", case.head);
        }
    });
    assert_eq!(door.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody was contacted");
    // The door is where they would have gone: good input does go there.
    let case = read(Path::new("tests/golden/cli/good/check.txt"));
    let mut knocking = Command::new(env!("CARGO_BIN_EXE_deployer"));
    knocking.args(["plan", "inventory.yml"]).args(to_door).current_dir(case.dir.path());
    let mut knocking = knocking.stderr(std::process::Stdio::null()).spawn().unwrap();
    door.set_nonblocking(false).unwrap();
    drop(door.accept().unwrap());
    knocking.kill().unwrap();
    knocking.wait().unwrap();
}
