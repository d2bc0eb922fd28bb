//! The inventory as others read it: the shapes of `ansible-inventory --list`, `--host` and `--graph`.

use serde_json::{Map, Value as Json, json};

use super::group::Group;
use super::{Host, Inventory};
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Source;
use crate::base::source::Span;

impl Inventory {
    /// What `ansible-inventory --list` prints: groups with hosts and children, `_meta.hostvars`; secrets masked.
    pub fn to_json(&self) -> Json {
        let mut all = Map::new();
        for group in &self.groups {
            let mut body = Map::new();
            if group.name != "all" && !group.hosts.is_empty() {
                body.insert("hosts".into(), json!(group.hosts));
            }
            if !group.children.is_empty() {
                body.insert("children".into(), json!(group.children));
            }
            if !body.is_empty() {
                all.insert(group.name.clone(), Json::Object(body));
            }
        }
        let vars = self.hosts.iter().filter(|h| !h.vars.is_empty()).map(|h| (h.name.clone(), h.to_json()));
        all.insert("_meta".into(), json!({ "hostvars": vars.collect::<Map<_, _>>() }));
        Json::Object(all)
    }

    /// What `ansible-inventory --host NAME` prints. Errors: a name that is no host.
    pub fn host_json(&self, name: &str) -> Result<Json, Diagnostic> {
        self.host(name).map(Host::to_json).ok_or_else(|| {
            let source = Source::new("--host", name);
            Diagnostic::error(format!("no host is named `{name}`"))
                .at(&Span::new(&source, 1, 1, name.chars().count()))
                .fix("`deployer inventory INVENTORY --graph` shows all names")
                .suggest(name, self.hosts.iter().map(|h| h.name.as_str()))
        })
    }

    /// What `ansible-inventory --graph` prints, with a line end.
    pub fn graph(&self) -> String {
        let mut shown = String::new();
        if let Some(all) = self.group("all") {
            self.draw(all, 0, &mut shown);
        }
        shown
    }

    fn draw(&self, group: &Group, depth: usize, shown: &mut String) {
        shown.push_str(&branch(&format!("@{}:", group.name), depth));
        for child in group.children.iter().filter_map(|name| self.group(name)) {
            self.draw(child, depth + 1, shown);
        }
        if group.name != "all" {
            group.hosts.iter().for_each(|host| shown.push_str(&branch(host, depth + 1)));
        }
    }
}

impl Host {
    /// Its variables; secrets masked.
    pub fn to_json(&self) -> Json {
        Json::Object(self.vars.iter().map(|(k, v)| (k.clone(), v.to_json())).collect())
    }
}

fn branch(name: &str, depth: usize) -> String {
    if depth == 0 { format!("{name}\n") } else { format!("{}--{name}\n", "  |".repeat(depth)) }
}
