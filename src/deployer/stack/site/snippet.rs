//! Lines of the user's own in the server of a site.

use super::super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::home;
use crate::base::source::Source;
use crate::base::yaml::Spanned;

/// A file beside the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// As written in the inventory.
    pub name: String,
    /// Its text, without the end of its last line.
    pub text: String,
}

/// Reads the file, whose path is relative to the inventory; mistakes are added to `said`.
pub fn read(path: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Option<Snippet> {
    word::given("the path of the snippet", path, said);
    word::characters("the path of the snippet", path, "\"';{}$%\\", said);
    let source = match Source::read(&home::beside(&path.span.source.name, path)) {
        Ok(source) => source,
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.escape_debug());
            said.push(Diagnostic::error(message).at(&path.span).fix("name a file beside the inventory"));
            return None;
        }
    };
    if let Some(why) = leaves(&source.text) {
        let message = format!("the snippet `{}` does not stay in its place", path.value);
        said.push(Diagnostic::error(message).at(&path.span).label(why));
    }
    Some(Snippet { name: path.value.clone(), text: source.text.trim_end().to_string() })
}

/// Why a text cannot stand between the braces of a server: what nginx would find only lines later, or not at all.
fn leaves(text: &str) -> Option<&'static str> {
    let (mut depth, mut quote) = (0_usize, None);
    let mut letters = text.chars();
    // A quote, a comment or a brace means something at the start of a word only; `${` is no brace.
    let mut starts = true;
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => drop(letters.next()),
            (_, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) if starts => quote = Some(letter),
            ('#', None) if starts => letters.by_ref().take_while(|c| *c != '\n').for_each(drop),
            ('$', None) if letters.as_str().starts_with('{') => {
                letters.by_ref().take_while(|c| *c != '}').for_each(drop)
            }
            ('{', None) => depth += 1,
            ('}', None) if depth == 0 => return Some("it closes a `}` that it does not open"),
            ('}', None) => depth -= 1,
            _ => {}
        }
        starts = letter.is_whitespace() || ";{}#".contains(letter);
    }
    if quote.is_some() {
        return Some("a quote is not closed");
    }
    let rest = text.trim_end().lines().last().unwrap_or_default().trim_start();
    match () {
        () if depth > 0 => Some("a `{` is not closed"),
        () if !rest.is_empty() && !rest.starts_with('#') && !rest.contains([';', '}']) => {
            Some("its last line does not end with `;`")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_stays_between_the_braces_of_its_server() {
        for fine in [
            "",
            "# { only a comment\n",
            "location = /x {\n    return 204;\n}\n",
            "return 200 \"a } b\"; # }",
            "set $a '{';\nset $b \"${a}\";\nset $c ${a}x;\n",
            "if ($uri ~ \\}) { return 404; }",
        ] {
            assert_eq!(leaves(fine), None, "{fine}");
        }
        for (text, wanted) in [
            ("location / {", "a `{` is not closed"),
            ("}\nserver {", "it closes a `}` that it does not open"),
            ("return 200 \"x;", "a quote is not closed"),
            ("allow all", "its last line does not end with `;`"),
        ] {
            assert_eq!(leaves(text), Some(wanted), "{text}");
        }
    }
}
