//! The names that a site answers to, as Nginx takes them.

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Spanned, Value};

/// One name or a list of them, in small letters; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Vec<String> {
    let wanted = match &node.value {
        Value::Seq(_) => node.decode::<Vec<Spanned<String>>>(),
        _ => node.decode::<Spanned<String>>().map(|name| vec![name]),
    };
    let names = wanted.unwrap_or_else(|e| {
        said.push(e);
        Vec::new()
    });
    for (at, name) in names.iter().enumerate() {
        check(name, said);
        if let Some(first) = names[..at].iter().find(|other| is_shared(other, name)) {
            said.push(word::twice("the name", name, first));
        }
    }
    names.into_iter().map(|name| name.value.to_ascii_lowercase()).collect()
}

fn check(name: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let bare = name.strip_prefix("*.").or_else(|| name.strip_prefix('.')).unwrap_or(name);
    let fits = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let before = said.len();
    word::characters("the server name", name, "\"';{}$%\\", said);
    if said.len() == before && (bare.is_empty() || !bare.chars().all(fits) || bare.len() > 253) {
        said.push(
            Diagnostic::error(format!("the server name `{}` cannot be used", name.value))
                .at(&name.span)
                .label("a host name: letters, digits, `-` and `.`; `*.` may stand in front")
                .fix("leave `server_name` out for a site that answers to any name; write other letters in Punycode"),
        );
    }
}

/// The names that one stands for: `.x` is short for `x` and `*.x`.
pub fn written_out(name: &str) -> Vec<String> {
    match name.strip_prefix('.') {
        Some(rest) => vec![rest.to_string(), format!("*.{rest}")],
        None => vec![name.to_string()],
    }
}

/// Names without patterns that a name stands for, as a browser would write them.
pub fn examples(name: &str) -> Vec<String> {
    written_out(name).iter().map(|one| one.replacen('*', "www", 1)).collect()
}

/// Whether Nginx would take two names for the same.
pub fn is_shared(one: &str, other: &str) -> bool {
    let all = |name: &str| written_out(&name.to_ascii_lowercase());
    all(one).iter().any(|name| all(other).contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shared_however_it_is_written() {
        for (one, other) in [("a.test", "A.test"), (".a.test", "a.test"), ("*.a.test", ".a.test")] {
            assert!(is_shared(one, other) && is_shared(other, one), "{one} {other}");
        }
        assert!(!is_shared("*.a.test", "a.test") && !is_shared("www.a.test", ".a.test"));
        assert_eq!(examples(".a.test"), ["a.test", "www.a.test"]);
    }
}
