//! Groups and hosts as the file lists them, before variables are resolved.

use std::collections::{BTreeMap, HashMap};

use super::{Vars, known, range};
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;
use crate::base::yaml::{Node, Spanned, Value};

/// What the body of a group may hold.
const BODY: [&str; 3] = ["children", "hosts", "vars"];

/// A group as it is listed.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name.
    pub name: String,
    /// Its own hosts, in the order of the file, as they are listed.
    pub hosts: Vec<String>,
    /// Its own groups, in the order of the file.
    pub children: Vec<String>,
    /// Its own variables, of the file only.
    pub vars: Vars,
    /// Among groups of one depth the higher wins (`ansible_group_priority`, 1 if not given).
    pub priority: i64,
    /// How many groups stand between it and `all`, by the longest way; `all` has 0.
    pub depth: usize,
}

/// A host as it is listed.
#[derive(Debug)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// Where it is listed first.
    pub span: Span,
    /// The groups that list it.
    pub groups: Vec<String>,
    /// The variables given where it is listed.
    pub vars: Vars,
}

/// Everything one file lists.
#[derive(Debug)]
pub struct Tree {
    /// `all`, `ungrouped`, then the others in the order of the file.
    pub groups: Vec<Group>,
    /// In the order of the file.
    pub hosts: Vec<Listed>,
}

impl Tree {
    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }
}

/// Lists the groups and hosts of an inventory; mistakes are added to `said`.
pub fn read(root: &Node, said: &mut Vec<Diagnostic>) -> Tree {
    let mut reader =
        Reader { tree: Tree { groups: Vec::new(), hosts: Vec::new() }, at: HashMap::new(), said };
    reader.group_index("all");
    reader.group_index("ungrouped");
    match &root.value {
        Value::Map(entries) => entries.iter().for_each(|(name, body)| reader.top(name, body)),
        Value::Null => {}
        _ => reader.said.push(
            Diagnostic::error(format!("an inventory is a map of groups, found {}", root.kind()))
                .at(&root.span)
                .fix("start with `all:` and `hosts:` under it"),
        ),
    }
    reader.finish();
    reader.tree
}

struct Reader<'s> {
    tree: Tree,
    /// Where a host stands in the tree.
    at: HashMap<String, usize>,
    said: &'s mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn top(&mut self, name: &Spanned<String>, body: &Node) {
        if BODY.contains(&name.as_str()) {
            self.said.push(
                Diagnostic::error(format!("`{}` stands at the top", name.value))
                    .at(&name.span)
                    .label("the top of an inventory names groups")
                    .fix(format!("put it under a group: `all: {{ {}: … }}`", name.value)),
            );
            return;
        }
        self.group(name, body);
    }

    fn group(&mut self, name: &Spanned<String>, body: &Node) {
        if let Some(wrong) = known::wrong_name(&name.value, "!&*?[]{},;:@/ \t\"'`$\\") {
            self.said.push(bad_name("group", name, wrong));
            return;
        }
        let group = self.group_index(&name.value);
        for (key, value) in self.body(body, &format!("the group `{}`", name.value)) {
            match key.as_str() {
                "hosts" => {
                    for (host, vars) in self.body(value, "`hosts`") {
                        self.host(group, host, vars);
                    }
                }
                "children" => {
                    for (child, body) in self.body(value, "`children`") {
                        self.group(child, body);
                        self.link(group, child);
                    }
                }
                "vars" => {
                    for (key, value) in self.body(value, "`vars`") {
                        self.group_var(group, key, value);
                    }
                }
                _ => self.said.push(unknown_key(key)),
            }
        }
    }

    /// The keys of a map that may also be nothing; of a list or a text there are none, and that is a mistake.
    fn body<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Spanned<String>, Node)] {
        if !matches!(node.value, Value::Map(_) | Value::Null) {
            let said =
                Diagnostic::error(format!("{what} must be a map, found {}", node.kind())).at(&node.span);
            self.said.push(match node.items().first().and_then(Node::text).or(node.text()) {
                Some(name) => said.fix(format!("write `{name}:` on a line of its own")),
                None => said.fix("write `name:` on a line of its own"),
            });
        }
        node.entries()
    }

    fn host(&mut self, group: usize, pattern: &Spanned<String>, vars: &Node) {
        let (names, port) = port(&pattern.value);
        let names = match range::expand(names) {
            Ok(names) => names,
            Err(why) => {
                self.said.push(bad_name("host", pattern, &why));
                return;
            }
        };
        if let Some(wrong) = names.first().and_then(|n| known::wrong_name(n, "!&*?[]{},;@/ \t\"'`$\\<>|()")) {
            self.said.push(bad_name("host", pattern, wrong));
            return;
        }
        let mut own = Vars::new();
        if let Some(port) = port {
            own.insert("ansible_port".into(), Node::new(pattern.span.clone(), Value::Int(port.into())));
        }
        for (key, value) in self.body(vars, &format!("the variables of `{}`", pattern.value)) {
            known::check_variable(key, value, self.said);
            own.insert(key.value.clone(), value.clone());
        }
        for name in names {
            self.list(group, name, pattern, &own);
        }
    }

    fn list(&mut self, group: usize, name: String, pattern: &Spanned<String>, vars: &Vars) {
        let next = self.tree.hosts.len();
        let at = *self.at.entry(name.clone()).or_insert(next);
        if at == next {
            let (span, vars) = (pattern.span.clone(), vars.clone());
            self.tree.hosts.push(Listed { name: name.clone(), span, groups: Vec::new(), vars });
        } else {
            self.said.extend(two_addresses(&name, &self.tree.hosts[at].vars, vars));
            self.tree.hosts[at].vars.extend(vars.clone());
        }
        let group = &mut self.tree.groups[group];
        if !self.tree.hosts[at].groups.contains(&group.name) {
            self.tree.hosts[at].groups.push(group.name.clone());
            group.hosts.push(name);
        }
    }

    /// Makes a group the child of another; one whose name was refused is in no tree.
    fn link(&mut self, parent: usize, child: &Spanned<String>) {
        if self.tree.group(&child.value).is_none() {
            return;
        }
        let parent_name = self.tree.groups[parent].name.clone();
        if child.value == "all" || self.reaches(&child.value, &parent_name) {
            self.said.push(
                Diagnostic::error(format!("`{}` would be a child of itself", child.value))
                    .at(&child.span)
                    .label(format!("`{parent_name}` is already below `{}`", child.value))
                    .fix("take one of the two away"),
            );
        } else if !self.tree.groups[parent].children.contains(&child.value) {
            self.tree.groups[parent].children.push(child.value.clone());
        }
    }

    /// Whether `below` is `name` or somewhere below it.
    fn reaches(&self, name: &str, below: &str) -> bool {
        name == below
            || self.tree.group(name).is_some_and(|g| g.children.iter().any(|c| self.reaches(c, below)))
    }

    fn group_var(&mut self, group: usize, key: &Spanned<String>, value: &Node) {
        if key.value == "ansible_group_priority" {
            match value.decode() {
                Ok(priority) => self.tree.groups[group].priority = priority,
                Err(e) => self.said.push(e),
            }
            return;
        }
        known::check_variable(key, value, self.said);
        self.tree.groups[group].vars.insert(key.value.clone(), value.clone());
    }

    fn group_index(&mut self, name: &str) -> usize {
        if let Some(at) = self.tree.groups.iter().position(|g| g.name == name) {
            return at;
        }
        self.tree.groups.push(Group {
            name: name.into(),
            hosts: Vec::new(),
            children: Vec::new(),
            vars: Vars::new(),
            priority: 1,
            depth: 0,
        });
        self.tree.groups.len() - 1
    }

    /// Who has no parent is a child of `all`; who is in no other group is `ungrouped`; depths are counted.
    fn finish(&mut self) {
        let groups = &mut self.tree.groups;
        let mut children = vec!["ungrouped".to_string()];
        children.extend(groups[0].children.iter().filter(|c| *c != "ungrouped").cloned());
        let parented: Vec<String> = groups.iter().flat_map(|g| g.children.clone()).collect();
        children.extend(groups[2..].iter().map(|g| g.name.clone()).filter(|name| !parented.contains(name)));
        groups[0].children = children;
        for host in &mut self.tree.hosts {
            let grouped = host.groups.iter().any(|g| g != "all" && g != "ungrouped");
            if grouped {
                host.groups.retain(|g| g != "ungrouped");
                groups[1].hosts.retain(|h| *h != host.name);
            } else if !host.groups.iter().any(|g| g == "ungrouped") {
                host.groups.push("ungrouped".into());
                groups[1].hosts.push(host.name.clone());
            }
        }
        let names: BTreeMap<String, usize> =
            groups.iter().enumerate().map(|(at, g)| (g.name.clone(), at)).collect();
        sink(groups, &names, 0, 0);
        for host in self.tree.hosts.iter().filter(|h| names.contains_key(&h.name)) {
            let message = format!("`{}` is the name of a host and of a group", host.name);
            self.said.push(Diagnostic::warning(message).at(&host.span));
        }
    }
}

/// Counts depths by the longest way; there is no circle.
fn sink(groups: &mut [Group], names: &BTreeMap<String, usize>, at: usize, depth: usize) {
    groups[at].depth = groups[at].depth.max(depth);
    for child in groups[at].children.clone() {
        let child = names[&child];
        if groups[child].depth <= depth {
            sink(groups, names, child, depth + 1);
        }
    }
}

/// `web:2222` is a host with a port; an IPv6 address is not.
fn port(pattern: &str) -> (&str, Option<u16>) {
    match pattern.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (pattern, None),
        },
        _ => (pattern, None),
    }
}

fn two_addresses(name: &str, first: &Vars, second: &Vars) -> Option<Diagnostic> {
    let keys = ["ansible_host", "ansible_ssh_host", "ansible_port", "ansible_ssh_port"];
    let (one, two) = keys
        .iter()
        .filter_map(|key| Some((first.get(*key)?, second.get(*key)?)))
        .find(|(one, two)| one.text() != two.text())?;
    Some(
        Diagnostic::error(format!("the host `{name}` is listed twice with different addresses"))
            .at(&two.span)
            .label("the second one")
            .note("first", format!("{}: {}", one.span, one.span.source.line(one.span.line).trim()))
            .fix("give it one address, or give the second host a name of its own"),
    )
}

fn unknown_key(key: &Spanned<String>) -> Diagnostic {
    Diagnostic::error(format!("unknown key `{}` in a group", key.value))
        .at(&key.span)
        .label(format!("known keys: {}", BODY.join(", ")))
        .fix("put variables under `vars:`, hosts under `hosts:`, groups under `children:`")
        .suggest(&key.value, BODY)
}

fn bad_name(what: &str, name: &Spanned<String>, why: &str) -> Diagnostic {
    Diagnostic::error(format!("`{}` cannot be the name of a {what}", name.value.escape_debug()))
        .at(&name.span)
        .label(why)
}
