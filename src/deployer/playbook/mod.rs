//! Playbooks: what hosts should be, as data. A list of plays, each a list of tasks, each one resource.

mod finish;
mod parse;
mod serial;
mod task;

use std::path::Path;
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::source::{Source, Span};
use crate::base::yaml::{Node, Spanned};

pub use finish::TaskContext;
pub use parse::parse;
pub use serial::{Serial, Share, max_fail};
pub use task::{Compiled, Task};

/// The playbook that is run if none is named; a project's own `site.yml` wins.
const SITE: &str = "playbooks/site.yml";
/// The playbooks that are built in; a file of that name wins.
const BUILT_IN: [(&str, &str); 2] = [
    (SITE, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/site.yml"))),
    (
        "playbooks/hardening.yml",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/hardening.yml")),
    ),
];

/// A whole playbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Playbook {
    /// Its plays, in order.
    pub plays: Vec<Play>,
}

/// One play: some hosts, some defaults, some tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// What people call it.
    pub name: String,
    /// A pattern of hosts and groups.
    pub hosts: Spanned<String>,
    /// Values that hold where the inventory says nothing.
    pub vars: Vec<(Spanned<String>, Node)>,
    /// How many of its hosts are changed together; all of them when none.
    pub serial: Option<Serial>,
    /// How many of its hosts may fail, those that cannot be reached included, before no further one is begun.
    pub max_fail: Option<Share>,
    /// Its tasks, in order.
    pub tasks: Vec<Task>,
}

/// Reads the playbook that was named, or `site.yml` beside the inventory or in `playbooks/` there, or the built-in.
///
/// # Errors
/// Everything wrong with it, at once.
pub fn load(named: Option<&Path>, inventory: &Path) -> Result<Playbook, Vec<Diagnostic>> {
    let beside = inventory.parent().unwrap_or(Path::new("."));
    let places = [beside.join("site.yml"), beside.join("playbooks/site.yml")];
    let path = named.map(Path::to_path_buf).or_else(|| places.into_iter().find(|p| p.is_file()));
    let wanted = path.as_deref().unwrap_or(Path::new(SITE));
    let built_in = BUILT_IN.iter().find(|(name, _)| wanted == Path::new(name) && !wanted.is_file());
    let source = match path.filter(|_| built_in.is_none()) {
        Some(path) => Source::read(&path).map_err(|error| {
            let unread = Diagnostic::error(format!("the playbook `{}` cannot be read", path.display()));
            vec![unread.label(error.to_string()).fix("leave `--playbook` out for the built-in one")]
        })?,
        None => {
            let (name, text) = built_in.unwrap_or(&BUILT_IN[0]);
            Source::new(*name, *text)
        }
    };
    parse(&source)
}

/// A place for what a playbook leaves out.
fn start(source: &Arc<Source>) -> Span {
    Span::new(source, 1, 1, 1)
}
