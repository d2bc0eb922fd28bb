//! What may stand behind the colon: a name, or its call with literal arguments. Only the form is looked at here;
//! Python reads the values.

use std::iter::Peekable;
use std::str::Chars;

/// Names of Python that are values.
const LITERALS: [&str; 3] = ["True", "False", "None"];

/// Whether a text is a name in Python.
pub fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Whether a text may be called an expression; else why not.
pub fn check(text: &str) -> Result<(), String> {
    let text = text.trim();
    let (name, arguments) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            (name.trim_end(), Some(rest.strip_suffix(')').ok_or("the call is not closed")?))
        }
    };
    if !name.split('.').all(is_name) {
        return Err(format!("`{name}` is no name"));
    }
    arguments.map_or(Ok(()), literals)
}

/// Looks at arguments: texts, numbers, `True`, `False`, `None`, lists, tuples, maps, and `name=` before each.
fn literals(text: &str) -> Result<(), String> {
    let mut letters = text.chars().peekable();
    let mut open = Vec::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => quoted(&mut letters, letter)?,
            '(' | '[' | '{' => open.push(letter),
            ')' | ']' | '}' => {
                let opened = open.pop();
                if !matches!((opened, letter), (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')) {
                    return Err(format!("`{letter}` closes nothing"));
                }
            }
            first if first.is_alphabetic() || first == '_' => named(&mut letters, first, open.is_empty())?,
            digit if digit.is_ascii_digit() => while letters.next_if(|c| is_part_of_number(*c)).is_some() {},
            ',' | ':' | '-' | '+' | '.' | ' ' => {}
            other => return Err(format!("`{other}` is no part of a literal")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err("a bracket is not closed".into()) }
}

fn is_part_of_number(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '.' || letter == '_'
}

fn quoted(letters: &mut Peekable<Chars<'_>>, quote: char) -> Result<(), String> {
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            end if end == quote => return Ok(()),
            _ => {}
        }
    }
    Err("a quote is not closed".into())
}

/// A word: the name of an argument, a value, or what a text begins with (`b'…'`).
fn named(letters: &mut Peekable<Chars<'_>>, first: char, is_argument: bool) -> Result<(), String> {
    let mut word = String::from(first);
    while let Some(letter) = letters.next_if(|c| c.is_alphanumeric() || *c == '_') {
        word.push(letter);
    }
    let is_prefix = word.len() <= 2 && word.chars().all(|c| "rRbBuU".contains(c));
    if is_prefix && letters.peek().is_some_and(|next| ['\'', '"'].contains(next)) {
        return Ok(());
    }
    while letters.next_if_eq(&' ').is_some() {}
    let is_name_of_one = is_argument && letters.next_if_eq(&'=').is_some();
    if is_name_of_one || LITERALS.contains(&word.as_str()) {
        Ok(())
    } else {
        Err(format!("`{word}` is no literal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_call_with_literals_are_expressions() {
        for text in [
            "app",
            "sites.main",
            "make()",
            "make('a(b', \"c\\\"d\", b'x')",
            "make(1, -2.5e3, 0x1F, None, debug=False)",
            "make([1, (2, 3)], {'a': {'b'}}, name = 'x')",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_told_why_not() {
        for (text, why) in [
            ("", "`` is no name"),
            ("a b", "`a b` is no name"),
            ("make(", "the call is not closed"),
            ("make(x)", "`x` is no literal"),
            ("make(f(1))", "`f` is no literal"),
            ("make('a)", "a quote is not closed"),
            ("make([1)", "a bracket is not closed"),
            ("make(1])", "`]` closes nothing"),
            ("make(1)(2)", "`)` closes nothing"),
            ("make(1 * 2)", "`*` is no part of a literal"),
            ("make({'a': {b=1}})", "`b` is no literal"),
        ] {
            assert_eq!(check(text), Err(why.into()), "{text}");
        }
    }
}
