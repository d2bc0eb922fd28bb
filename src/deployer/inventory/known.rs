//! Names that mean something, and names that nearly do.

use crate::base::diagnostic::Diagnostic;
use crate::base::secret;
use crate::base::yaml::{Node, Spanned, Value};

/// Ansible's variables that we follow.
const FOLLOWED: [&str; 19] = [
    "ansible_become",
    "ansible_become_method",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_become_user",
    "ansible_connection",
    "ansible_host",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_host",
    "ansible_ssh_port",
    "ansible_ssh_private_key_file",
    "ansible_ssh_user",
    "ansible_sudo",
    "ansible_sudo_pass",
    "ansible_user",
];
/// Ansible's variables that are accepted and mean nothing here: nothing is interpreted on the host.
const UNUSED: [&str; 4] =
    ["ansible_group_priority", "ansible_pipelining", "ansible_python_interpreter", "ansible_ssh_pipelining"];
/// Our own variables, and whether they are a map or a list.
const OURS: [(&str, Shape); 11] = [
    ("apps", Shape::Map),
    ("database", Shape::Map),
    ("site", Shape::Map),
    ("sites", Shape::Map),
    ("probes", Shape::List),
    ("hardening", Shape::Map),
    ("sandbox", Shape::Map),
    ("host_key", Shape::Text),
    ("serial", Shape::Text),
    ("max_fail", Shape::Text),
    ("private_address", Shape::Text),
];

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Map,
    List,
    Text,
}

fn shape(node: &Node) -> Option<Shape> {
    match &node.value {
        Value::Map(_) => Some(Shape::Map),
        Value::Seq(_) => Some(Shape::List),
        Value::Null | Value::Tagged(..) => None,
        _ => Some(Shape::Text),
    }
}

/// Why a name cannot be a name, in words; `forbidden` are characters that would mean something else elsewhere.
pub fn wrong_name(name: &str, forbidden: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.starts_with(['-', '.']) {
        return Some("it starts with `-` or `.`, and would be taken for an option or a hidden file");
    }
    let bad = |c: char| c.is_control() || c.is_whitespace() || forbidden.contains(c);
    name.contains(bad).then_some("use letters, digits, `.`, `-` and `_`")
}

/// Checks a variable's name and the shape of its secrets; what is wrong is added to `said`.
pub fn check_variable(key: &Spanned<String>, value: &Node, said: &mut Vec<Diagnostic>) {
    check_secrets(value, said);
    let name = key.value.as_str();
    if name.starts_with("ansible_") {
        let known = FOLLOWED.iter().chain(&UNUSED).copied();
        let message = format!("unknown variable `{name}`: it changes nothing here");
        if !known.clone().any(|k| k == name) && !said.iter().any(|d| d.message == message) {
            said.push(Diagnostic::warning(message).at(&key.span).suggest(name, known));
        }
        return;
    }
    if OURS.iter().any(|(ours, _)| *ours == name) {
        return;
    }
    let alike = OURS.iter().filter(|(_, wanted)| shape(value) == Some(*wanted)).map(|(ours, _)| *ours);
    let own = Diagnostic::warning(format!("`{name}` is a variable of your own"))
        .at(&key.span)
        .label("nothing here reads it, except your templates")
        .suggest(name, alike);
    said.extend(Some(own).filter(|own| own.fix.is_some()));
}

fn check_secrets(node: &Node, said: &mut Vec<Diagnostic>) {
    if matches!(node.value, Value::Tagged(..)) {
        said.extend(secret::origin(node).err());
    }
    node.items().iter().chain(node.entries().iter().map(|(_, v)| v)).for_each(|n| check_secrets(n, said));
}
