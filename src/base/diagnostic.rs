//! How we complain: what, where, why, how to fix. The one door to people for everything that went wrong.

use std::fmt;

use super::exit::Exit;
use super::source::Span;

/// One complaint, readable without colour:
///
/// ```text
/// error: unknown resource `pakage`
///  --> playbooks/site.yml:14:5
///    |
/// 14 |     pakage: { name: nginx }
///    |     ^^^^^^ a task needs exactly one of: package, file, …
///    = fix: did you mean `package`?
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub level: Level,
    /// What is wrong: lowercase, no full stop, names the subject, backticks around what the user typed.
    pub message: String,
    /// Where, when there is a text to point at.
    pub span: Option<Span>,
    /// Why, said under the caret.
    pub label: Option<String>,
    /// Further lines: `task`, `last lines`, `note`; each a name and a text.
    pub notes: Vec<(&'static str, String)>,
    /// How to fix it: something one can type.
    pub fix: Option<String>,
    /// The exit status it leads to.
    pub exit: Exit,
}

/// Whether a complaint stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The run stops.
    Error,
    /// The run goes on.
    Warning,
}

impl Diagnostic {
    /// An error in the user's input (exit 2).
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            message: message.into(),
            span: None,
            label: None,
            notes: Vec::new(),
            fix: None,
            exit: Exit::Input,
        }
    }

    /// A warning; it never changes the exit status.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { level: Level::Warning, exit: Exit::Wanted, ..Self::error(message) }
    }

    /// The same complaint, pointing at `span`.
    pub fn at(mut self, span: &Span) -> Self {
        self.span = Some(span.clone());
        self
    }

    /// The same complaint with a reason under the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same complaint with one more named line.
    pub fn note(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.notes.push((name, text.into()));
        self
    }

    /// The same complaint with what to do about it.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same complaint, asking for the word of `known` that was meant; unchanged if none is close enough.
    pub fn suggest<'k>(self, typed: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        match did_you_mean(typed, known) {
            Some(word) => self.fix(format!("did you mean `{word}`?")),
            None => self,
        }
    }

    /// The same complaint, leading to another exit status.
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{level}: {}", self.message)?;
        let mut margin = 1;
        if let Some(span) = &self.span {
            let number = span.line.to_string();
            margin = number.len();
            let line = span.source.line(span.line);
            write!(f, "\n{:margin$}--> {span}", "")?;
            write!(f, "\n{:margin$} |\n{number} | {line}", "")?;
            let before: String =
                line.chars().take(span.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            write!(f, "\n{:margin$} | {before}{}", "", "^".repeat(span.length))?;
            if let Some(label) = &self.label {
                write!(f, " {label}")?;
            }
        } else if let Some(label) = &self.label {
            write!(f, "\n  = why: {label}")?;
        }
        for (name, text) in &self.notes {
            write!(f, "\n{:margin$} = {name}: {}", "", text.trim_end().replace('\n', "\n     "))?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "\n{:margin$} = fix: {fix}", "")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Adds complaints to what is said already, each only once: a mistake of a group is met at each of its hosts.
pub fn add(said: &mut Vec<Diagnostic>, more: impl IntoIterator<Item = Diagnostic>) {
    for one in more {
        if !said.contains(&one) {
            said.push(one);
        }
    }
}

/// What could be read; what could not is added to `said`, each complaint once.
pub fn kept<T, E>(read: Result<T, E>, said: &mut Vec<Diagnostic>) -> Option<T>
where
    E: IntoIterator<Item = Diagnostic>,
{
    read.map_err(|more| add(said, more)).ok()
}

/// The word of `known` that `typed` most likely meant, if one is close enough.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(typed, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len().max(typed.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;

    #[test]
    fn a_complaint_shows_the_line_a_caret_a_reason_and_a_fix() {
        let source = Source::new("site.yml", "a: 1\n  pakage: x\n");
        let said = Diagnostic::error("unknown resource `pakage`")
            .at(&Span::new(&source, 2, 3, 6))
            .label("a task needs a resource")
            .fix("did you mean `package`?")
            .to_string();
        let wanted = "error: unknown resource `pakage`\n --> site.yml:2:3\n  |\n2 |   pakage: x\n  |   ^^^^^^ a task needs a resource\n  = fix: did you mean `package`?";
        assert_eq!(said, wanted);
    }

    #[test]
    fn a_close_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("pakage", ["package", "file"]), Some("package"));
        assert_eq!(did_you_mean("zebra", ["package", "file"]), None);
        let fix = |typed| Diagnostic::error("unknown").fix("read the list").suggest(typed, ["package"]).fix;
        assert_eq!(fix("pakage").as_deref(), Some("did you mean `package`?"));
        assert_eq!(fix("zebra").as_deref(), Some("read the list"));
    }
}
