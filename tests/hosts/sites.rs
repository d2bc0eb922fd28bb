//! Three applications on three mounts and two domains, deployed by the inventory of the README.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::desk::{Desk, Login};
use crate::support::host::Sandbox;

const HOST: &str = "host-1";
/// A whole project is told in no more lines.
const MOST_LINES: usize = 40;

/// The README's inventory. The host has Flask from its system: nothing is downloaded from PyPI here.
fn example() -> String {
    let readme = fs::read_to_string("README.md").unwrap();
    let section = readme.split("\n## Several apps, several domains\n").nth(1).unwrap();
    section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap().to_string()
}

fn write(directory: &Path, name: &str) {
    let at = directory.join(name);
    fs::create_dir(&at).unwrap();
    let text = format!(
        "from flask import Flask, url_for\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n    return '{name} at ' + url_for('index')\n"
    );
    fs::write(at.join(format!("{name}.py")), text).unwrap();
}

/// The same apps on one site, as one begins; none is asked for by a name.
fn on_one_site(inventory: &str) -> String {
    let apps = &inventory[..inventory.find("    sites:\n").unwrap()];
    apps.replace("        site: shop\n", "").replace("        site: office\n", "")
}

/// An app on another site, which answers everybody now.
fn moved(inventory: &str) -> String {
    let (from, to) = (
        "site: shop\n        routes: [{ path: /blog/ }]",
        "site: office\n        routes: [{ path: /blog/ }]",
    );
    let (names, none) = ("        server_name: office.example.com\n", "");
    assert!(inventory.contains(from) && inventory.contains(names), "{inventory}");
    inventory.replace(from, to).replace(names, none)
}

#[test]
#[ignore = "needs root"]
fn three_apps_on_three_mounts_and_two_domains_are_told_in_forty_lines_and_may_move() {
    let example = example();
    assert!(example.lines().count() <= MOST_LINES, "{}", example.lines().count());
    let hosts = Sandbox::start("sites", 1);
    let vars = &example[example.find("    apps:\n").unwrap()..];
    let system = "        python: system\n        packages: [python3-flask]\n";
    let desk =
        Desk::with(&hosts, Login::Sandbox, &vars.replace("        requirements: requirements.txt\n", system));
    let copied = Command::new("cp")
        .args(["-r", "tests/hosts/flask_clone"])
        .arg(desk.path().join("AirBnB_clone"))
        .status();
    assert!(copied.unwrap().success());
    ["blog", "admin"].iter().for_each(|name| write(desk.path(), name));
    let ask = |host: &str, path: &str| {
        let url = format!("http://{}{path}", hosts.host(HOST).address);
        let mut curl = Command::new("curl");
        curl.args(["-s", "--max-time", "20", "-w", " %{http_code} %{redirect_url}", "-H"]);
        let said = curl.arg(format!("Host: {host}")).arg(url).output().unwrap();
        String::from_utf8(said.stdout).unwrap()
    };
    let mut told = String::new();
    desk.edit(|inventory| {
        told = inventory;
        on_one_site(&told)
    });
    desk.apply();
    assert_eq!(ask("evil.example", "/blog/"), "blog at /blog/ 200 ");
    desk.edit(|_| told.clone());
    desk.apply();
    assert_eq!(desk.apply().len(), 0);
    assert_eq!(ask("shop.example.com", "/"), "Hello HBNB! 200 ");
    assert_eq!(ask("www.shop.example.com", "/blog/"), "blog at /blog/ 200 ");
    assert_eq!(ask("office.example.com", "/admin/"), "admin at /admin/ 200 ");
    assert!(ask("office.example.com", "/").ends_with(" 301 http://office.example.com/admin/"));
    assert!(ask("office.example.com", "/blog/").ends_with(" 404 "));
    // A stranger's connection ends without a byte.
    assert_eq!(ask("evil.example", "/"), " 000 ");
    desk.edit(|_| moved(&told));
    desk.apply();
    assert_eq!(desk.apply().len(), 0);
    assert!(ask("shop.example.com", "/blog/").ends_with(" 404 "));
    assert_eq!(ask("evil.example", "/blog/"), "blog at /blog/ 200 ");
}
