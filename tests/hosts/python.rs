//! A Flask application as students write it, deployed by the inventory of the README: asked, edited, broken, repaired.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deployer::deployer::sandbox;

use crate::support::desk::{Desk, Login, Said};
use crate::support::host::Sandbox;
use crate::support::load;

const HOST: &str = "host-1";
const CLONE: &str = "tests/hosts/flask_clone";
/// Where the packages wait on the host, which needs no index then.
const WHEELS: &str = "/srv/wheels";
/// Where the application says what is wrong with it.
const ERROR_LOG: &str = "/tmp/flask-error.log";
/// Requests per second while the code is replaced, and the pages that stay the same meanwhile.
const RATE: u32 = 200;
const PATHS: [&str; 5] =
    ["/states", "/status", "/number_odd_or_even/5", "/states/421a55f1", "/static/styles/hbnb.css"];

/// The variables of the README's inventory, with the packages' place and a log.
fn site() -> String {
    let readme = fs::read_to_string("README.md").unwrap();
    let section = readme.split("\n## Your own Flask application\n").nth(1).unwrap();
    let inventory = section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let apps = inventory.find("    apps:\n").unwrap();
    let more = format!(
        "        pip: {{ no-index: \"1\", find-links: {WHEELS} }}\n        settings: {{ threads: 2, accesslog: /tmp/flask-access.log, errorlog: {ERROR_LOG} }}\n"
    );
    inventory[apps..].to_string() + &more
}

/// Puts the packages of the clone on the host.
fn bring_wheels(hosts: &Sandbox) {
    let to = sandbox::root_of(&hosts.spec, hosts.host(HOST)).join(WHEELS.trim_start_matches('/'));
    fs::create_dir_all(&to).unwrap();
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version=3.11"]);
    pip.args(["--platform=manylinux2014_x86_64", "--platform=manylinux_2_17_x86_64", "--dest"]).arg(&to);
    let ran = pip.arg("-r").arg(format!("{CLONE}/requirements.txt")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// The clone, copied where the inventory looks for it.
struct Project(PathBuf);

impl Project {
    fn beside(desk: &Desk) -> Self {
        let path = desk.path().join("AirBnB_clone");
        let ran = Command::new("cp").args(["-r", CLONE]).arg(&path).status().unwrap();
        assert!(ran.success());
        Self(path)
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

/// Status and body of a page, asked through nginx.
fn ask(hosts: &Sandbox, path: &str, more: &[&str]) -> (String, String) {
    let url = format!("http://{}{path}", hosts.host(HOST).address);
    let mut curl = Command::new("curl");
    let said =
        curl.args(["-s", "--max-time", "20", "-w", "\n%{http_code}"]).args(more).arg(url).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.to_string(), body.to_string())
}

fn steps(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
#[ignore = "needs root"]
fn a_flask_application_is_installed_and_its_edits_lose_no_request() {
    let hosts = Sandbox::start("python", 1);
    bring_wheels(&hosts);
    let desk = Desk::with(&hosts, Login::Sandbox, &site());
    let project = Project::beside(&desk);
    let done = desk.apply();
    let wanted = ["package python3-venv", "packages of Python", "code of web", "service web", "sites"];
    assert!(done.is_superset(&steps(&wanted)), "{done:?}");
    every_page_answers(&hosts);
    assert_eq!(desk.apply(), steps(&[]));
    an_edit_is_taken_up_without_losing_a_request(&hosts, &desk, &project);
    code_that_cannot_be_imported_never_serves(&hosts, &desk, &project);
    code_that_fails_only_in_the_workers_leaves_the_old_ones_on(&hosts, &desk, &project);
    other_packages_are_another_environment(&hosts, &desk, &project);
    what_was_damaged_is_repaired(&hosts, &desk);
}

fn every_page_answers(hosts: &Sandbox) {
    let page = |path: &str| ask(hosts, path, &[]);
    assert_eq!(page("/"), ("200".into(), "Hello HBNB!".into()));
    for (path, text) in [
        ("/status", "\"status\":"),
        ("/status/", "\"status\":"),
        ("/c/is_fun", "is fun"),
        ("/number_odd_or_even/89/", "<H1>Number: 89 is odd</H1>"),
        ("/states", "<LI>10098698: <B>Québec</B></LI>"),
        ("/states/0e391e25", "<LI>Tempe</LI>"),
        ("/contact", "<FORM method=\"post\" action=\"/contact\">"),
        ("/static/styles/hbnb.css", "font-family: Helvetica"),
    ] {
        let (status, body) = page(path);
        assert!(status == "200" && body.contains(text), "{path}: {status}\n{body}");
    }
    for path in ["/number_odd_or_even/x", "/states/none", "/nothing/at/all"] {
        let (status, body) = page(path);
        assert!(status == "404" && body.contains(&format!("{path} is not here")), "{path}: {status}\n{body}");
    }
    let (status, body) = ask(hosts, "/contact", &["--data-urlencode", "name=Zoë <b>"]);
    assert!(status == "200" && body.contains("Hello Zoë &lt;b&gt;!"), "{status}\n{body}");
    let log = hosts.read(HOST, "sudo cat /tmp/flask-access.log");
    assert!(log.contains("\"GET /c/is_fun HTTP/1.1\" 200"), "{log}");
    let journal = hosts.read(HOST, "sudo journalctl -u hbnb-web -o cat");
    assert!(journal.contains("Started hbnb-web.service"), "{journal}");
}

fn master(hosts: &Sandbox) -> String {
    hosts.read(HOST, "systemctl show -p MainPID hbnb-web; ls /opt/hbnb/apps/web/releases | wc -l")
}

fn an_edit_is_taken_up_without_losing_a_request(hosts: &Sandbox, desk: &Desk, project: &Project) {
    let before = master(hosts);
    let count = load::during(hosts.host(HOST).address, RATE, &PATHS, Duration::from_secs(10), || {
        for word in ["one", "two", "three"] {
            let from = ask(hosts, "/c/is_fun", &[]).1.replace("is fun", "{}");
            project.edit("web_flask/app.py", &format!("'{from}'"), &format!("'C {word} {{}}'"));
            assert_eq!(desk.apply(), steps(&["code of web", "service web"]));
            assert_eq!(ask(hosts, "/c/is_fun", &[]).1, format!("C {word} is fun"));
        }
    });
    count.tell("three edits");
    assert_eq!(count.failed, Vec::<String>::new());
    let pid = |text: &str| text.lines().next().unwrap().to_string();
    assert_eq!(pid(&master(hosts)), pid(&before), "the master is the same process");
    assert_eq!(desk.apply(), steps(&[]));
}

fn failed(desk: &Desk, words: &[&str]) -> Said {
    let said = desk.run(&["apply"]);
    assert_eq!(said.exit, Some(4), "{said:#?}");
    for word in words {
        assert!(said.err.contains(word), "no `{word}` in:\n{}", said.err);
    }
    said
}

fn code_that_cannot_be_imported_never_serves(hosts: &Sandbox, desk: &Desk, project: &Project) {
    let before = master(hosts);
    project.edit("web_flask/app.py", "def hello():", "def hello(:");
    let count = load::during(hosts.host(HOST).address, RATE, &PATHS, Duration::ZERO, || {
        failed(desk, &["code of web", "SyntaxError: invalid syntax", "the old one stays live"]);
    });
    assert_eq!(count.failed, Vec::<String>::new());
    project.edit("web_flask/app.py", "def hello(:", "def hello():");
    project.edit("web_flask/app.py", "from models import storage", "from models import storag");
    failed(desk, &["ImportError: cannot import name 'storag' from 'models'"]);
    project.edit("web_flask/app.py", "from models import storag", "from models import storage");
    assert_eq!(master(hosts), before);
    assert_eq!(desk.apply(), steps(&[]));
}

/// What the trial cannot see: it is no service of systemd.
fn code_that_fails_only_in_the_workers_leaves_the_old_ones_on(
    hosts: &Sandbox,
    desk: &Desk,
    project: &Project,
) {
    let fails =
        "import os\nassert 'INVOCATION_ID' not in os.environ, 'no service'\nfrom models import storage";
    project.edit("web_flask/app.py", "from models import storage", fails);
    let live = current(hosts);
    let back = format!("/opt/hbnb/apps/web/current points at {live} again, which served last");
    for _ in 0..2 {
        let words =
            ["service web", "runs on with its older files", "AssertionError: no service", back.as_str()];
        failed(desk, &words);
        assert_eq!(ask(hosts, "/c/is_fun", &[]).1, "C three is fun");
        assert_eq!(current(hosts), live);
    }
    let journal = hosts.read(HOST, "sudo journalctl -u hbnb-web -o cat");
    assert!(!journal.contains("AssertionError"), "it is said in the log alone: {journal}");
    // Whatever becomes of the master, what served serves again.
    hosts.read(
        HOST,
        "sudo systemctl kill -s KILL hbnb-web; until systemctl is-active -q hbnb-web; do sleep 0.1; done",
    );
    assert_eq!(ask(hosts, "/c/is_fun", &[]).1, "C three is fun");
    // Without its stamp it is stopped and started instead.
    hosts.read(HOST, "sudo rm /var/lib/deployer/stamp/hbnb-web.service");
    failed(
        desk,
        &["systemctl restart hbnb-web.service", "AssertionError: no service", &format!("{back} and runs")],
    );
    assert_eq!(ask(hosts, "/c/is_fun", &[]).1, "C three is fun");
    project.edit("web_flask/app.py", fails, "from models import storage");
    assert_eq!(desk.apply(), steps(&["service web"]), "its code is there already");
    assert_eq!(desk.apply(), steps(&[]));
}

fn current(hosts: &Sandbox) -> String {
    hosts.read(HOST, "readlink /opt/hbnb/apps/web/current")
}

fn other_packages_are_another_environment(hosts: &Sandbox, desk: &Desk, project: &Project) {
    project.edit("requirements.txt", "Flask==2.2.5", "Flask==99");
    failed(desk, &["packages of Python", "No matching distribution found for Flask==99"]);
    project.edit("requirements.txt", "Flask==99\n", "Flask==2.2.5\nclick>=8\n");
    let count = load::during(hosts.host(HOST).address, RATE, &PATHS, Duration::ZERO, || {
        assert_eq!(desk.apply(), steps(&["packages of Python", "code of web", "service web"]));
    });
    count.tell("other packages");
    assert_eq!(count.failed, Vec::<String>::new());
    assert_eq!(hosts.read(HOST, "ls /opt/hbnb/python | wc -l"), "2", "the older releases have theirs");
}

fn what_was_damaged_is_repaired(hosts: &Sandbox, desk: &Desk) {
    hosts.read(
        HOST,
        "sudo rm /opt/hbnb/apps/web/current/models/file_storage.py; sudo systemctl stop hbnb-web",
    );
    assert_eq!(desk.apply(), steps(&["code of web", "service web"]));
    every_page_answers(hosts);
    hosts.reboot(HOST);
    assert_eq!(desk.run(&["verify"]).exit, Some(0));
}

/// A repository on this machine's disk; the system's Flask.
#[test]
#[ignore = "needs root"]
fn code_comes_from_a_repository_and_from_an_archive_too() {
    let hosts = Sandbox::start("python-git", 1);
    let git = |dir: &Path, line: &str| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let ran = Command::new("git").args(who).args(line.split(' ')).current_dir(dir).output().unwrap();
        assert!(ran.status.success(), "git {line}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    let dir = tempfile::tempdir().unwrap();
    let clone = dir.path().join("clone-main");
    assert!(Command::new("cp").args(["-r", CLONE]).arg(&clone).status().unwrap().success());
    for line in ["init -q -b main", "add .", "commit -q -m one"] {
        git(&clone, line);
    }
    // More than one message between desk and host may hold, but not when it is packed.
    let picture = File::create(clone.join("picture.bin")).unwrap();
    picture.set_len(80 << 20).unwrap();
    let tar =
        |dir: &Path| Command::new("tar").args(["-czf", "a.tar.gz", "clone-main"]).current_dir(dir).status();
    assert!(tar(dir.path()).unwrap().success());
    let (repository, archive) = (clone.display(), dir.path().join("a.tar.gz"));
    let app = "run: \"web_flask.app:app\", python: system, packages: [python3-flask], workers: 1";
    let site = format!(
        "    apps:\n      git: {{ {app}, source: \"file://{repository}#main\", routes: [{{ path: / }}], health: /status }}\n      \
         tar: {{ {app}, source: {}, bind: 127.0.0.1:5001 }}\n",
        archive.display()
    );
    let desk = Desk::with(&hosts, Login::Variables, &site);
    assert!(desk.apply().is_superset(&steps(&["package python3-flask", "code of git", "code of tar"])));
    assert_eq!(ask(&hosts, "/c/is_fun", &[]).1, "C is fun");
    assert_eq!(hosts.read(HOST, "curl -s http://127.0.0.1:5001/c/is_fun || python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:5001/c/is_fun\").read().decode())'"), "C is fun");
    assert_eq!(hosts.read(HOST, "stat -c %s /opt/hbnb/apps/tar/current/picture.bin"), "83886080");
    assert_eq!(desk.apply(), steps(&[]));
    let page = clone.join("web_flask/app.py");
    fs::write(&page, fs::read_to_string(&page).unwrap().replace("'C {}'", "'D {}'")).unwrap();
    assert_eq!(desk.apply(), steps(&[]), "it is not committed");
    git(&clone, "commit -q -a -m two");
    assert_eq!(desk.apply(), steps(&["code of git", "service git"]));
    assert_eq!(ask(&hosts, "/c/is_fun", &[]).1, "D is fun");
}
