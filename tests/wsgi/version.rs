//! Every Python 3 of this machine runs the same application.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::serve;
use super::talk::{Talk, ask, body, get, post, request};

/// The oldest Python that is served.
const OLDEST: (u32, u32) = (3, 5);

/// The interpreters of this machine by their versions: those of the system and those that pyenv keeps.
fn interpreters() -> BTreeMap<(u32, u32), PathBuf> {
    let mut places: Vec<PathBuf> = ["/usr/bin", "/usr/local/bin"].map(PathBuf::from).into();
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let kept =
        std::env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from).join("versions");
    places.extend(fs::read_dir(kept).into_iter().flatten().map(|entry| entry.unwrap().path().join("bin")));
    let programs = places.iter().flat_map(|place| {
        let numbered = (OLDEST.1..40).map(|minor| place.join(format!("python3.{minor}")));
        std::iter::once(place.join("python3")).chain(numbered)
    });
    programs.filter_map(|program| Some((version(&program)?, program))).filter(|(v, _)| *v >= OLDEST).collect()
}

fn version(program: &Path) -> Option<(u32, u32)> {
    let ask = "import sys; print(sys.version_info[0], sys.version_info[1])";
    let output = Command::new(program).args(["-c", ask]).output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[test]
fn the_same_application_runs_on_every_python_of_this_machine() {
    let all = interpreters();
    assert!(!all.is_empty(), "no python3 from 3.{} on", OLDEST.1);
    for ((major, minor), python) in &all {
        let version = format!("{major}.{minor}");
        eprintln!("python {version}: {}", python.display());
        for options in [&["--threads", "1"][..], &["--threads", "2"], &["--threads", "2", "--preload"]] {
            let all = [&["--python", python.to_str().unwrap()], options, &["bare:app"]].concat();
            let server = serve(&all);
            let address = server.address();
            assert_eq!(body(&address, "/hello/world"), "Hello, world!", "{version} {options:?}");
            assert_eq!(body(&address, "/stream"), "one\ntwo\nthree\n", "{version} {options:?}");
            assert_eq!(body(&address, "/page").lines().count(), 2000, "{version} {options:?}");
            let chunked = request("POST", "/raw", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
            for sent in [post("/raw", "abc"), chunked] {
                assert!(ask(&address, &sent).ends_with("\n\nabc"), "{version} {options:?}");
            }
            let mut talk = Talk::to(&address);
            talk.send(get("/error"));
            assert_eq!(talk.answer().status, 500, "{version} {options:?}");
            server.logged("ValueError: an error of the site", 1);
        }
        let server = serve(&["--python", python.to_str().unwrap(), "trap:app"]);
        let steps = ask(&server.address(), &post("/input?readline&read=1&readlines", "a\nb\nc"));
        assert!(steps.ends_with(r#"["a\n", "b", ["\n", "c"]]"#), "{version}: {steps}");
    }
}
