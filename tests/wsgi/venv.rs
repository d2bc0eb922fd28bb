//! The packages that the applications under test import, installed once and kept under `target/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// The `python3` of an environment with all of our `requirements.txt`.
pub fn python() -> PathBuf {
    with("tests/wsgi/requirements.txt")
}

/// The `python3` of an environment with all that a file of this project requires; made if there is none yet, which takes a
/// minute and the network.
pub fn with(requirements: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let requirements = root.join(requirements);
    let digest = Sha256::digest(fs::read(&requirements).unwrap());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let venv = root.join(format!("target/venv-{name}"));
    let lock = File::create(root.join("target/venv.lock")).unwrap();
    lock.lock().unwrap();
    let done = venv.join("done");
    let python = venv.join("bin/python3");
    if !done.exists() {
        let _ = fs::remove_dir_all(&venv);
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run(Command::new(&python).args(pip).arg(&requirements));
        File::create(done).unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let output = command.env_remove("PYTHONPATH").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?} said:\n{}", String::from_utf8_lossy(&said));
}
