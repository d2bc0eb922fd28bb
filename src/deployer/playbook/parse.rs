//! From YAML to plays and tasks; every mistake of the file at once.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::source::Source;
use crate::base::yaml::{self, Node, Spanned, Value};

use super::task::{RESOURCES, Task};
use super::{Play, Playbook, Serial, serial, start};

/// What a play may say.
const PLAY_KEYS: [&str; 6] = ["name", "hosts", "serial", "max_fail", "vars", "tasks"];
/// What a task may say beside its resource.
const TASK_KEYS: [&str; 3] = ["name", "when", "for"];

/// Parses a playbook.
///
/// # Errors
/// Everything that is no playbook: unknown keys, tasks without a resource or with two.
pub fn parse(source: &Arc<Source>) -> Result<Playbook, Vec<Diagnostic>> {
    let root = yaml::parse(source).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    if root.items().is_empty() {
        let empty = Diagnostic::error("a playbook is a list of plays").at(&start(source));
        return Err(vec![empty.fix("begin with `- name: …`, `  hosts: all`, `  tasks:`")]);
    }
    let plays = root.items().iter().map(|node| play(node, &mut errors)).collect();
    if errors.is_empty() { Ok(Playbook { plays }) } else { Err(errors) }
}

fn play(node: &Node, errors: &mut Vec<Diagnostic>) -> Play {
    for (key, _) in node.entries() {
        if !PLAY_KEYS.contains(&key.value.as_str()) {
            errors.push(unknown("key of a play", key, &PLAY_KEYS));
        }
    }
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_string();
    let hosts = match node.get("hosts") {
        Some(hosts) => Spanned { value: text("hosts"), span: hosts.span.clone() },
        None => {
            let missing = Diagnostic::error("a play needs `hosts`").at(&node.span);
            errors.push(missing.fix("add `hosts: all`, or a group's name"));
            Spanned { value: String::new(), span: node.span.clone() }
        }
    };
    let tasks = node.get("tasks").map_or(&[][..], Node::items);
    if let Some(tasks) = node.get("tasks").filter(|tasks| !matches!(tasks.value, Value::Seq(_) | Value::Null))
    {
        let wrong = Diagnostic::error(format!("`tasks` is a list, found {}", tasks.kind())).at(&tasks.span);
        errors.push(wrong.fix("begin each task with `- `"));
    }
    let batches = node.get("serial").map(Serial::read);
    let max_fail = node.get("max_fail").map(serial::max_fail);
    Play {
        name: text("name"),
        hosts,
        serial: batches.and_then(|read| read.map_err(|error| errors.push(error)).ok()),
        max_fail: max_fail.and_then(|read| read.map_err(|error| errors.push(error)).ok()),
        vars: node.get("vars").map(|vars| vars.entries().to_vec()).unwrap_or_default(),
        tasks: tasks.iter().filter_map(|node| task(node).map_err(|error| errors.push(error)).ok()).collect(),
    }
}

fn task(node: &Node) -> Result<Task, Diagnostic> {
    let mut resource: Option<&(Spanned<String>, Node)> = None;
    for entry in node.entries() {
        let key = entry.0.value.as_str();
        if TASK_KEYS.contains(&key) {
            continue;
        }
        if !RESOURCES.contains(&key) {
            let known: Vec<&str> = TASK_KEYS.into_iter().chain(RESOURCES).collect();
            let label = format!("a task needs exactly one of: {}", RESOURCES.join(", "));
            return Err(unknown("resource", &entry.0, &known).label(label));
        }
        if let Some((first, _)) = resource {
            let two = format!("a task is one resource; this one is `{}` and `{key}`", first.value);
            return Err(Diagnostic::error(two).at(&entry.0.span).fix("make two tasks of it"));
        }
        resource = Some(entry);
    }
    let Some((kind, body)) = resource else {
        let label = format!("one of: {}", RESOURCES.join(", "));
        return Err(Diagnostic::error("a task without a resource").at(&node.span).label(label));
    };
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_string);
    let spanned = |key: &str| Some(Spanned { value: text(key)?, span: node.get(key)?.span.clone() });
    Ok(Task {
        name: text("name").unwrap_or_else(|| kind.value.clone()),
        when: spanned("when"),
        each: spanned("for"),
        kind: kind.clone(),
        body: body.clone(),
    })
}

fn unknown(what: &str, key: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let error = Diagnostic::error(format!("unknown {what} `{}`", key.value)).at(&key.span);
    let error = error.suggest(&key.value, known.iter().copied());
    if error.fix.is_some() { error } else { error.label(format!("known: {}", known.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let errors = parse(&Source::new("site.yml", text)).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_misspelt_resource_gets_a_caret_and_a_suggestion() {
        let wanted = "error: unknown resource `pakage`\n --> site.yml:4:7\n  |\n4 |     - pakage: { name: nginx }\n  |       ^^^^^^ a task needs exactly one of: package, user, directory, file, template, config, link, unit, service, nginx_sites, servers, haproxy, release, python_env, certificate, acme, command, probe\n  = fix: did you mean `package`?";
        assert_eq!(said("- name: a\n  hosts: all\n  tasks:\n    - pakage: { name: nginx }\n"), [wanted]);
    }

    #[test]
    fn a_key_that_would_mean_nothing_is_refused() {
        let said = said("- hosts: all\n  tasks:\n    - package: { name: nginx }\n      tags: [web]\n");
        let wanted = "error: unknown resource `tags`\n --> site.yml:4:7\n  |\n4 |       tags: [web]\n  |       ^^^^ a task needs exactly one of: package, user, directory, file, template, config, link, unit, service, nginx_sites, servers, haproxy, release, python_env, certificate, acme, command, probe";
        assert_eq!(said, [wanted]);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let text = "- hosts: all\n  taks: []\n- tasks:\n    - name: empty\n    - package: { name: a }\n      user: { name: b }\n";
        let messages: Vec<String> =
            said(text).iter().map(|s| s.lines().next().unwrap().to_string()).collect();
        let wanted = [
            "error: unknown key of a play `taks`",
            "error: a play needs `hosts`",
            "error: a task without a resource",
            "error: a task is one resource; this one is `package` and `user`",
        ];
        assert_eq!(messages, wanted);
    }
}
