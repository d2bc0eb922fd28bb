//! Secrets: where they come from, a type that is never printed, and a mask for every text that leaves.
//!
//! `!env NAME`, `!file PATH` (relative to the file that names it, `~/` is the home directory) and
//! `!command [PROGRAM, ARGUMENT, …]` (run in the directory of that file, no shell). Their shape is checked when an
//! inventory is read; their value is fetched only where it is needed, so `check` works without any secret. Line ends at
//! the end of a file or of a command's output are no part of the secret.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::de::{Deserialize, Deserializer, Error};

use super::diagnostic::Diagnostic;
use super::path;
use super::quote;
use super::yaml::{MASKED, Node, Value};

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASKED)
    }
}

/// A text of an inventory: in clear, or a secret that is still to be fetched.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// As it stands in the file.
    Plain(String),
    /// A tagged value whose shape is right.
    Secret(Node),
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(from)?;
        match (&node.value, node.text()) {
            (Value::Tagged(..), _) => Ok(Self::Secret(node)),
            (_, Some(text)) => Ok(Self::Plain(text.into())),
            _ => Err(D::Error::custom(format!("expected a text, found {}", node.kind()))),
        }
    }
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A variable of our environment.
    Env(String),
    /// A file.
    File(PathBuf),
    /// What a program prints.
    Command(Vec<String>, PathBuf),
}

/// Where the secret of a tagged value is kept; nothing is fetched.
///
/// Errors: a tag whose value has the wrong shape.
pub fn origin(node: &Node) -> Result<Origin, Diagnostic> {
    let Value::Tagged(tag, inner) = &node.value else {
        return Err(Diagnostic::error(format!("expected a secret, found {}", node.kind())).at(&node.span));
    };
    let wrong = |wanted: &str| {
        let message = format!("`{tag}` wants {wanted}, found {}", inner.kind());
        Err(Diagnostic::error(message).at(&inner.span))
    };
    let directory = directory(node);
    match (tag.as_str(), inner.text().filter(|t| !t.is_empty())) {
        ("!env", Some(name)) if !name.contains(['=', '\0', ' ']) => Ok(Origin::Env(name.into())),
        ("!env", _) => wrong("the name of a variable: `!env DB_PASSWORD`"),
        ("!file", Some(path)) => Ok(Origin::File(directory.join(path::expand(Path::new(path))))),
        ("!file", None) => wrong("a path: `!file secrets/db`"),
        _ => {
            let words: Vec<String> =
                inner.items().iter().filter_map(|i| i.text().map(str::to_owned)).collect();
            if words.is_empty() || words.len() != inner.items().len() {
                return wrong("a list of a program and its arguments: `!command [pass, show, db]`");
            }
            Ok(Origin::Command(words, directory))
        }
    }
}

/// Fetches the secret of a tagged value; the mask learns it.
///
/// Errors: a variable that is not set, a file that cannot be read, a program that fails or prints nothing.
pub fn fetch(node: &Node, mask: &mut Mask) -> Result<Secret, Diagnostic> {
    let text = match origin(node)? {
        Origin::Env(name) => std::env::var(&name).map_err(|_| {
            Diagnostic::error(format!("the secret `!env {name}` is not there"))
                .label(format!("the variable `{name}` is not set"))
                .fix(format!("export {name}=…"))
        }),
        Origin::File(path) => std::fs::read_to_string(&path).map_err(|e| {
            Diagnostic::error(format!("the secret `!file {}` cannot be read", path.display()))
                .label(e.to_string())
                .fix("put the file there, or correct the path (it is relative to this file)")
        }),
        Origin::Command(words, directory) => run(&words, &directory),
    };
    let secret = Secret::new(text.map_err(|e| e.at(&node.span))?.trim_end_matches(['\n', '\r']));
    if secret.0.is_empty() {
        return Err(Diagnostic::error("the secret is empty").at(&node.span));
    }
    mask.add(&secret);
    Ok(secret)
}

/// The same value with every secret in it fetched; the mask learns them. Errors: all that [`fetch`] meets.
pub fn fetch_all(node: &Node, mask: &mut Mask) -> Result<Node, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let value = match &node.value {
        Value::Tagged(..) => match fetch(node, mask) {
            Ok(secret) => Value::Str(secret.0),
            Err(e) => return Err(vec![e]),
        },
        Value::Seq(items) => Value::Seq(items.iter().filter_map(|i| kept(i, mask, &mut errors)).collect()),
        Value::Map(entries) => Value::Map(
            entries.iter().filter_map(|(k, v)| kept(v, mask, &mut errors).map(|v| (k.clone(), v))).collect(),
        ),
        other => other.clone(),
    };
    if errors.is_empty() { Ok(Node { value, ..node.clone() }) } else { Err(errors) }
}

fn kept(node: &Node, mask: &mut Mask, errors: &mut Vec<Diagnostic>) -> Option<Node> {
    fetch_all(node, mask).map_err(|mut e| errors.append(&mut e)).ok()
}

fn run(words: &[String], directory: &Path) -> Result<String, Diagnostic> {
    let shown = words.join(" ");
    let failed = |why: String| Diagnostic::error(format!("the secret `!command {shown}` failed")).label(why);
    let output = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(e.to_string()).fix(format!("install `{}` or correct its name", words[0])))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_string();
    if !output.status.success() {
        let error = failed(output.status.to_string()).fix(format!("run `{shown}` by hand"));
        return Err(if said.is_empty() { error } else { error.note("last lines", said) });
    }
    String::from_utf8(output.stdout).map_err(|_| failed("it printed no UTF-8".into()))
}

fn directory(node: &Node) -> PathBuf {
    let parent = Path::new(&node.span.source.name).parent().filter(|p| !p.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_path_buf()
}

/// The secrets of a run, to be hidden in every text that leaves it.
#[derive(Clone, Default)]
pub struct Mask {
    /// What to hide, longest first.
    hidden: Vec<String>,
}

impl Mask {
    /// Learns a secret: as it is, as it stands in JSON and in every file of ours, and line by line (lines of four characters and more).
    pub fn add(&mut self, secret: &Secret) {
        let text = secret.reveal();
        let json = serde_json::Value::from(text).to_string();
        let lines = text.lines().filter(|line| text.contains('\n') && line.len() >= 4);
        let quotes =
            [quote::nginx, quote::systemd, quote::systemd_word, quote::upstart, quote::shell, quote::env];
        let quoted: Vec<String> = quotes.iter().filter_map(|quote| quote(text).ok()).collect();
        let inside = quoted.iter().map(|q| q.trim_matches(['"', '\'']));
        for form in lines.chain([text, &json[1..json.len() - 1]]).chain(inside) {
            if !form.is_empty() && !self.hidden.iter().any(|h| h == form) {
                self.hidden.push(form.into());
            }
        }
        self.hidden.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// The text with every secret replaced by `********`.
    pub fn hide(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, length)) = self.first(rest) {
            shown.push_str(&rest[..at]);
            shown.push_str(MASKED);
            rest = &rest[at + length..];
        }
        shown + rest
    }

    /// The first secret in a text, the longest where several start: where and how long.
    fn first(&self, text: &str) -> Option<(usize, usize)> {
        self.hidden
            .iter()
            .filter_map(|form| text.find(form.as_str()).map(|at| (at, form.len())))
            .min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)))
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} texts)", self.hidden.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;
    use crate::base::yaml::parse;

    fn secret(text: &str) -> Node {
        parse(&Source::new("/tmp/t.yml", text)).unwrap()
    }

    #[test]
    fn a_secret_comes_from_the_environment_a_file_or_a_program() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from a file\r\n").unwrap();
        let text =
            format!("[!env PATH, !file {}, !command [printf, '%s\\n', said], open]", file.path().display());
        let mut mask = Mask::default();
        let fetched = fetch_all(&secret(&text), &mut mask).unwrap().to_json();
        let path = std::env::var("PATH").unwrap();
        assert_eq!(fetched, serde_json::json!([path, "from a file", "said", "open"]));
        assert_eq!(mask.hide("he said: from a file"), "he ********: ********");
    }

    #[test]
    fn a_secret_that_is_not_there_is_an_error_with_its_place() {
        for (text, wanted) in [
            (
                "!env NO_SUCH_THING",
                "error: the secret `!env NO_SUCH_THING` is not there\n --> /tmp/t.yml:1:1\n  |\n1 | !env NO_SUCH_THING\n  | ^^^^^^^^^^^^^^^^^^ the variable `NO_SUCH_THING` is not set\n  = fix: export NO_SUCH_THING=…",
            ),
            (
                "!command [sh, -c, 'echo no >&2; exit 3']",
                "error: the secret `!command sh -c echo no >&2; exit 3` failed\n --> /tmp/t.yml:1:1\n  |\n1 | !command [sh, -c, 'echo no >&2; exit 3']\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ exit status: 3\n  = last lines: no\n  = fix: run `sh -c echo no >&2; exit 3` by hand",
            ),
            (
                "!command pass",
                "error: `!command` wants a list of a program and its arguments: `!command [pass, show, db]`, found the text `pass`\n --> /tmp/t.yml:1:1\n  |\n1 | !command pass\n  | ^^^^^^^^^^^^^",
            ),
        ] {
            assert_eq!(fetch(&secret(text), &mut Mask::default()).unwrap_err().to_string(), wanted);
        }
    }

    #[test]
    fn a_mask_hides_every_form_of_a_secret_and_the_longest_first() {
        let mut mask = Mask::default();
        mask.add(&Secret::new("pa\"ss"));
        mask.add(&Secret::new("pa\"ssword"));
        mask.add(&Secret::new("first line\nsecond line"));
        let shown = mask.hide("a pa\"ssword, {\"p\": \"pa\\\"ss\"}, the second line, pa");
        assert_eq!(shown, "a ********, {\"p\": \"********\"}, the ********, pa");
        assert_eq!(format!("{:?} {mask:?}", Secret::new("x")), "******** Mask(8 texts)");
    }
}
