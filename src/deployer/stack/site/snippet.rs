//! Lines of the user's own in the server of a site.

use std::sync::Arc;

use super::super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::path;
use crate::base::source::Source;
use crate::base::yaml::Spanned;
use crate::deployer::lint::{self, syntax};

/// A file beside the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// As written in the inventory.
    pub name: String,
    /// The whole of it.
    pub source: Arc<Source>,
}

impl Snippet {
    /// Its text, without the end of its last line.
    pub fn text(&self) -> &str {
        self.source.text.trim_end()
    }
}

/// Reads the file, whose path is relative to the inventory; mistakes are added to `said`.
pub fn read(path: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Option<Snippet> {
    word::given("the path of the snippet", path, said);
    word::characters("the path of the snippet", path, "\"';{}$%\\", said);
    let source = match Source::read(&path::beside(&path.span.source.name, path)) {
        Ok(source) => source,
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.escape_debug());
            said.push(Diagnostic::error(message).at(&path.span).fix("name a file beside the inventory"));
            return None;
        }
    };
    if let Err(mistake) = syntax::parse(&source) {
        said.push(lint::unread(&mistake).note("included", path.span.to_string()));
    }
    Some(Snippet { name: path.value.clone(), source })
}
