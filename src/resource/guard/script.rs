//! The script beside the old bytes, which puts them back: it needs nothing of ours.

use super::{Before, DIR, UNDOING, Undo};
use crate::base::quote;
use crate::resource::fault::Fault;

/// The script of the guard `token`: `wait` for the time to be over, `now`, or `boot`, when nothing is loaded yet.
///
/// It ends with an error as long as the old files are not there again.
///
/// # Errors
/// A path or a word of the command cannot be said in a shell.
pub fn script(undo: &Undo, token: &str, seconds: u16) -> Result<String, Fault> {
    let back = undo.files.iter().enumerate().map(back).collect::<Result<Vec<_>, Fault>>()?.join(" &&\n    ");
    let command = undo.command.iter().map(|word| quoted(word)).collect::<Result<Vec<_>, _>>()?.join(" ");
    let places = undo.files.iter().flat_map(|file| [parent(file).0, file.path.as_str()]);
    let places = places.map(quoted).collect::<Result<Vec<_>, _>>()?.join(" ");
    let changed = undo.files.first().map_or("", |file| file.path.as_str());
    let changed = quoted(&serde_json::Value::from(changed).to_string())?;
    let (token, patience) = (quoted(token)?, UNDOING.as_secs());
    Ok(format!(
        r#"# Made by deployer: puts back what was there before a change. By hand: sh {DIR}/armed/undo now
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
is_ours() {{
    [ "$(cat "$1/token" 2>/dev/null)" = {token} ]
}}
undo() {{
    cd {DIR} || exit 1
    [ "$1" != wait ] || sleep {seconds} || exit 1
    # One at a time; while this one slept, another guard may have taken its place.
    exec 9> lock
    flock -w {patience} 9 || exit 1
    if is_ours armed; then
        mv -T armed undoing || exit 1
    fi
    is_ours undoing || exit 0
    {back} || exit 1
    but=
    rm -f undoing/unloaded
    if [ "$1" != boot ] && ! {command} 9>&-; then
        but=', but the host could not be made to follow it'
        : > undoing/unloaded
    fi
    printf '{{"at":"%s","who":"the host itself","outcome":"undone%s","changed":[%s]}}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$but" {changed} >> /var/lib/deployer/log
    # Until all of it is on the disk, a boot would put it back again; so the reload need not wait for a disk that is busy.
    sync {places} 2>/dev/null
    mv -T undoing undone
    exit
}}
undo "$1"
"#
    ))
}

/// Puts one file back: old or new, never half.
fn back((index, before): (usize, &Before)) -> Result<String, Fault> {
    let path = quoted(&before.path)?;
    let (directory, name) = parent(before);
    // The agent may be writing beside it too.
    let beside = quoted(&format!("{directory}/.{name}.deployer-old"))?;
    Ok(match before.content {
        Some(_) => format!("cp -p undoing/before-{index} {beside} && mv {beside} {path}"),
        None => format!("rm -f {path}"),
    })
}

/// The directory of a file, and its name there.
fn parent(file: &Before) -> (&str, &str) {
    file.path.rsplit_once('/').unwrap_or_default()
}

fn quoted(word: &str) -> Result<String, Fault> {
    quote::shell(word).map_err(|e| Fault::new(format!("`{word}`: {e}")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;
    use crate::resource::host::Access;

    /// A guard on this machine, of the file `file`, with directories of its own in place of the host's.
    struct Guard {
        dir: tempfile::TempDir,
        script: String,
    }

    impl Guard {
        fn armed(was_there: bool, command: &[&str]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let [guard, log, file] = ["guard", "log", "file"].map(|name| dir.path().join(name));
            fs::create_dir_all(guard.join("armed")).unwrap();
            fs::write(guard.join("armed/before-0"), "old\n").unwrap();
            fs::write(guard.join("armed/token"), "7-1").unwrap();
            fs::write(&file, "new\n").unwrap();
            let access = Access::root(0o644);
            let content = was_there.then(|| (b"old\n".to_vec(), access));
            let undo = Undo {
                files: vec![Before { path: file.display().to_string(), content }],
                command: command.iter().map(ToString::to_string).collect(),
            };
            let text = script(&undo, "7-1", 0).unwrap().replace(DIR, &guard.display().to_string());
            let script = text.replace("/var/lib/deployer/log", &log.display().to_string());
            Self { dir, script }
        }

        fn at(&self, path: &str) -> PathBuf {
            self.dir.path().join(path)
        }

        fn rename(&self, from: &str, to: &str) {
            fs::rename(self.at(from), self.at(to)).unwrap();
        }

        /// Runs it: its exit status, the file, and which directories are left.
        fn ran(&self, how: &str) -> (i32, String, String) {
            let mut sh = Command::new("sh");
            let ran = sh.args(["-c", &self.script, "undo", how]).output().unwrap();
            let names = fs::read_dir(self.at("guard")).unwrap().flatten();
            let mut left: Vec<String> = names.map(|e| e.file_name().into_string().unwrap()).collect();
            left.retain(|name| name != "lock");
            let file = fs::read_to_string(self.at("file")).unwrap_or("none".into());
            (ran.status.code().unwrap(), file, left.join(" "))
        }

        fn log(&self) -> String {
            fs::read_to_string(self.at("log")).unwrap_or_default()
        }
    }

    fn is(status: i32, file: &str, left: &str) -> (i32, String, String) {
        (status, file.to_string(), left.to_string())
    }

    #[test]
    fn the_old_bytes_are_put_back_and_taken_up_unless_they_were_confirmed() {
        for (was_there, how, file, is_loaded) in [
            (true, "wait", "old\n", true),
            (true, "now", "old\n", true),
            (true, "boot", "old\n", false),
            (false, "now", "none", true),
        ] {
            let guard = Guard::armed(was_there, &["touch", "loaded"]);
            let guard = Guard { script: guard.script.replace("touch loaded", &touch(&guard)), ..guard };
            assert_eq!(guard.ran(how), is(0, file, "undone"), "{how}");
            assert_eq!(guard.at("loaded").exists(), is_loaded, "{how}");
            assert!(guard.log().contains(r#""outcome":"undone","#), "{}", guard.log());
            guard.rename("guard/undone", "guard/confirmed");
            fs::write(guard.at("file"), "new\n").unwrap();
            assert_eq!(guard.ran(how), is(0, "new\n", "confirmed"), "{how}");
        }
    }

    fn touch(guard: &Guard) -> String {
        format!("touch {}", guard.at("loaded").display())
    }

    #[test]
    fn what_was_there_is_taken_up_before_a_busy_disk_is_waited_for() {
        let guard = Guard::armed(true, &["systemctl", "reload", "ssh"]);
        let at = |words: &str| guard.script.find(words).unwrap_or_else(|| panic!("{words}"));
        let file = guard.at("file").display().to_string();
        let sync = format!("\n    sync {} {file} 2>", guard.dir.path().display());
        let order = ["mv /", "! systemctl reload ssh", "printf", &sync, "mv -T undoing undone"].map(at);
        assert!(order.is_sorted(), "{}", guard.script);
        assert_eq!(
            guard.script.matches("\n    sync").count(),
            1,
            "nothing is waited for before, and no other disk"
        );
    }

    #[test]
    fn what_could_not_be_put_back_is_not_called_undone() {
        let guard = Guard::armed(true, &["true"]);
        fs::remove_file(guard.at("guard/armed/before-0")).unwrap();
        assert_eq!(guard.ran("now"), is(1, "new\n", "undoing"));
        assert_eq!(guard.log(), "");
        fs::write(guard.at("guard/undoing/before-0"), "old\n").unwrap();
        assert_eq!(guard.ran("boot"), is(0, "old\n", "undone"), "the next boot tries again");
    }

    #[test]
    fn what_is_armed_and_cannot_be_begun_is_an_error() {
        let guard = Guard::armed(true, &["true"]);
        fs::create_dir(guard.at("guard/undoing")).unwrap();
        fs::write(guard.at("guard/undoing/token"), "6-1").unwrap();
        assert_eq!(guard.ran("boot").0, 1);
        assert!(guard.at("guard/armed").exists());
    }

    #[test]
    fn a_host_that_does_not_follow_the_old_file_is_told_of() {
        let guard = Guard::armed(true, &["false"]);
        assert_eq!(guard.ran("now"), is(0, "old\n", "undone"));
        assert!(guard.at("guard/undone/unloaded").exists());
        let wanted = r#""outcome":"undone, but the host could not be made to follow it","#;
        assert!(guard.log().contains(wanted), "{}", guard.log());
    }

    #[test]
    fn who_has_slept_too_long_leaves_the_next_guard_alone() {
        let guard = Guard::armed(true, &["true"]);
        fs::write(guard.at("guard/armed/token"), "8-1").unwrap();
        for how in ["wait", "now"] {
            assert_eq!(guard.ran(how), is(0, "new\n", "armed"));
        }
    }

    #[test]
    fn what_the_agent_writes_beside_a_file_is_not_what_the_script_writes_there() {
        assert!(!Guard::armed(true, &["true"]).script.contains(".deployer-new"));
    }
}
