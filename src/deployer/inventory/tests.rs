//! What an inventory becomes, and what is said about a wrong one.

use super::*;
use crate::base::secret::Text;

fn load(text: &str) -> Result<Inventory, Vec<Diagnostic>> {
    let source = Source::new("hosts.yml", text);
    Inventory::read(&source, Path::new("/nowhere/hosts.yml"), &[])
}

fn warnings(text: &str) -> Vec<String> {
    load(text).unwrap().warnings.iter().map(|w| w.to_string()).collect()
}

#[test]
fn connection_variables_have_their_known_and_their_old_names() {
    let inventory = load(
        "all:\n  vars: {ansible_become: yes, ansible_become_pass: !env SUDO}\n  hosts:\n    a: {ansible_ssh_host: 203.0.113.9, ansible_port: '2222', ansible_ssh_user: ubuntu,\n        ansible_private_key_file: ~/.ssh/school, ansible_ssh_common_args: '-J gate',\n        ansible_python_interpreter: /usr/bin/python3}\n    b:22: {ansible_connection: local, host_key: accept-new}\n",
    )
    .unwrap();
    let a = inventory.host("a").unwrap().connection.clone();
    assert!(matches!(&a.become_password, Some(Text::Secret(node)) if node.span.line == 2));
    let wanted = Connection {
        address: "203.0.113.9".into(),
        port: Some(2222),
        user: Some("ubuntu".into()),
        key: Some("~/.ssh/school".into()),
        become_: Some(true),
        become_password: a.become_password.clone(),
        local: false,
        ssh_args: vec!["-J".into(), "gate".into()],
        host_key: HostKey::Strict,
    };
    assert_eq!(a, wanted);
    let b = &inventory.host("b").unwrap().connection;
    assert_eq!((b.local, b.port, &b.host_key), (true, Some(22), &HostKey::AcceptNew));
    assert_eq!(inventory.warnings, []);
}

#[test]
fn variables_of_the_command_line_win_over_all() {
    let source = Source::new("hosts.yml", "all: {hosts: {a: {port: 1, name: x}}}");
    let pairs = [("port", "2"), ("list", "[a, b]"), ("say", "a: b"), ("at", "@x")];
    let pairs = pairs.map(|(k, v)| (k.to_string(), v.to_string()));
    let inventory = Inventory::read(&source, Path::new("hosts.yml"), &pairs).unwrap();
    let wanted = serde_json::json!({"port": 2, "name": "x", "list": ["a", "b"], "say": "a: b", "at": "@x"});
    assert_eq!(inventory.hosts[0].to_json(), wanted);
}

#[test]
fn a_pattern_chooses_hosts_in_the_order_of_the_file() {
    let inventory = load(
        "web: {hosts: {web-01: , web-02: , both: }}\ndb: {hosts: {both: , db-01: }}\nprod: {children: {db: }}\nempty: {}\n",
    )
    .unwrap();
    for (pattern, wanted) in [
        ("all", "web-01 web-02 both db-01"),
        ("*", "web-01 web-02 both db-01"),
        ("web", "web-01 web-02 both"),
        ("web-0*", "web-01 web-02"),
        ("web-0[2-9]", "web-02"),
        ("db-01,web-01", "web-01 db-01"),
        ("all:!db", "web-01 web-02"),
        ("!db", "web-01 web-02"),
        ("web:&prod", "both"),
        ("web : !both", "web-01 web-02"),
        ("d?", "both db-01"),
    ] {
        let names = inventory.select(pattern).unwrap();
        let names: Vec<&str> = names.iter().map(|h| h.name.as_str()).collect();
        assert_eq!(names.join(" "), wanted, "{pattern}");
    }
}

#[test]
fn a_pattern_can_come_from_a_file() {
    let inventory = load("web: {hosts: {web-01: , web-02: }}").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "# retry these\nweb-02  # slow\n\n").unwrap();
    let chosen = inventory.select(&format!("@{}", file.path().display())).unwrap();
    assert_eq!(chosen.iter().map(|h| h.name.as_str()).collect::<Vec<_>>(), ["web-02"]);
}

#[test]
fn what_is_nearly_a_variable_of_ours_is_a_warning_and_any_other_is_free() {
    assert_eq!(
        warnings("all:\n  hosts: {a: }\n  vars:\n    app: {}\n    app_name: x\n    sit: {}\n    size: 3\n    aps: {x: 1}\n    probe: [1]\n")
            .iter()
            .map(|w| w.lines().last().unwrap().trim().to_string())
            .collect::<Vec<_>>(),
        ["= fix: did you mean `apps`?", "= fix: did you mean `site`?", "= fix: did you mean `apps`?", "= fix: did you mean `probes`?"]
    );
}

#[test]
fn an_unknown_variable_of_ansible_warns_once() {
    assert_eq!(
        warnings("web: {hosts: {a: {ansible_hots: x}, b: {ansible_hots: y}}}"),
        [
            "warning: unknown variable `ansible_hots`: it changes nothing here\n --> hosts.yml:1:19\n  |\n1 | web: {hosts: {a: {ansible_hots: x}, b: {ansible_hots: y}}}\n  |                   ^^^^^^^^^^^^\n  = fix: did you mean `ansible_host`?"
        ]
    );
}

#[test]
fn all_mistakes_are_said_at_once() {
    let said =
        load("web:\n  host: {a: }\n  hosts: {'b[1': , c/d: }\n  vars: {ansible_port: 99999}\ndb: [x]\n")
            .unwrap_err();
    let said: Vec<&str> = said.iter().map(|d| d.message.as_str()).collect();
    let wanted = [
        "unknown key `host` in a group",
        "`b[1` cannot be the name of a host",
        "`c/d` cannot be the name of a host",
        "the group `db` must be a map, found a list",
    ];
    assert_eq!(said, wanted);
}

#[test]
fn a_child_whose_name_is_refused_is_said_and_breaks_nothing() {
    let said = load("web:\n  children: { 'a b': { hosts: { x: } } }\n").unwrap_err();
    let said: Vec<&str> = said.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(said, ["`a b` cannot be the name of a group"]);
}
