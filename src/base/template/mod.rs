//! Templates: embedded by name, a copy of the project's own wins, an undefined variable is an error, and a value
//! can only leave through a filter that quotes for the place it goes to.

mod complaint;

use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use tera::{Context, ErrorKind, Kwargs, State, Tera};

use self::complaint::Scene;
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::source::{Source, Span};

/// What hosts get is rendered from these.
static NGINX: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/nginx");
static SYSTEMD: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/systemd");
static UPSTART: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/upstart");

/// Words of an expression that name no variable.
const WORDS: [&str; 7] = ["and", "or", "not", "in", "is", "true", "false"];

/// All templates by name (`nginx/site.conf.tera`).
pub struct Templates {
    tera: Tera,
    sources: Vec<Arc<Source>>,
}

/// What templates can name.
#[derive(Clone, Default)]
pub struct Values {
    context: Context,
    tree: serde_json::Map<String, serde_json::Value>,
}

impl Values {
    /// Adds a value under a name; a later one of the same name wins.
    pub fn insert(&mut self, name: &str, value: &serde_json::Value) {
        self.context.insert(name.to_string(), value);
        self.tree.insert(name.to_string(), value.clone());
    }

    /// The value at a dotted path, like `site.statics`.
    pub fn get(&self, path: &str) -> Option<&serde_json::Value> {
        let mut parts = path.split('.');
        let first = self.tree.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// The names below a dotted path; all names for an empty one.
    fn names(&self, path: &str) -> Vec<String> {
        let map = if path.is_empty() { Some(&self.tree) } else { self.get(path).and_then(|v| v.as_object()) };
        map.map(|map| map.keys().cloned().collect()).unwrap_or_default()
    }

    /// The list or map that a text means as a whole: `{{ item }}`, `{{ site.headers }}`.
    pub fn whole(&self, text: &str) -> Option<&serde_json::Value> {
        let path = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
        self.get(path).filter(|value| value.is_object() || value.is_array())
    }
}

impl Templates {
    /// The embedded templates, with those of `overlay` (a directory `templates/`) in their place.
    ///
    /// # Errors
    /// Every template that cannot be read or does not parse, with line and column.
    pub fn load(overlay: Option<&Path>) -> Result<Self, Vec<Diagnostic>> {
        let mut sources = Vec::new();
        for (folder, dir) in [("nginx", &NGINX), ("systemd", &SYSTEMD), ("upstart", &UPSTART)] {
            for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "tera")) {
                let name = format!("{folder}/{}", file.path().display());
                let own = overlay.map(|o| o.join(&name)).filter(|p| p.is_file());
                sources.push(match own {
                    Some(path) => read(&path, &name).map_err(|e| vec![e])?,
                    None => Source::new(name, file.contents_utf8().unwrap_or_default()),
                });
            }
        }
        if let Some(overlay) = overlay {
            add_new(overlay, overlay, &mut sources).map_err(|e| vec![e])?;
        }
        let mut templates = Self { tera: Tera::default(), sources };
        templates.tera.autoescape_on(Vec::<String>::new());
        templates.register_filters();
        templates.parse()?;
        Ok(templates)
    }

    /// Parses all; one that is broken is set aside, so that the others tell their mistakes too.
    fn parse(&mut self) -> Result<(), Vec<Diagnostic>> {
        let mut raw: Vec<(String, String)> =
            self.sources.iter().map(|s| (s.name.clone(), s.text.clone())).collect();
        let mut errors = Vec::new();
        loop {
            let added = self.tera.add_raw_templates(raw.iter().map(|(n, t)| (n.as_str(), t.as_str())));
            let Err(error) = added else { break };
            let more = complaint::all(&error, &Scene { sources: &self.sources, text: None, values: None });
            let broken = |name: &str| {
                more.iter().any(|e| e.span.as_ref().is_some_and(|span| span.source.name == name))
            };
            let before = raw.len();
            raw.retain(|(name, _)| !broken(name));
            errors.extend(more);
            if raw.len() == before {
                break;
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Renders a template by name.
    ///
    /// # Errors
    /// An unknown name, a variable that does not exist, a value that cannot be quoted: with the template's line.
    pub fn render(&self, name: &str, values: &Values) -> Result<String, Diagnostic> {
        self.tera.render(name, &values.context).map_err(|error| self.explain(&error, None, values))
    }

    /// Renders a text that stands at `place` in another file, like `/run/{{ item.name }}`.
    ///
    /// # Errors
    /// As [`Templates::render`], pointing at `place`.
    pub fn render_text(&self, text: &str, values: &Values, place: &Span) -> Result<String, Diagnostic> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(text.to_string());
        }
        let rendered = self.tera.render_str(text, &values.context, false);
        rendered.map_err(|error| self.explain(&error, Some((text, place)), values))
    }

    /// Whether an expression that stands at `place` is true: `apps and not seed`.
    ///
    /// # Errors
    /// As [`Templates::render_text`]; a name that means nothing is not just false, unless it is asked for with
    /// `is defined`.
    pub fn holds(&self, expression: &str, values: &Values, place: &Span) -> Result<bool, Diagnostic> {
        let text = format!("{{% if {expression} %}}yes{{% endif %}}");
        let holds = self.render_text(&text, values, place)? == "yes";
        let unknown = paths(expression).find(|path| values.get(path).is_none());
        match unknown.filter(|_| !expression.contains("defined")) {
            Some(path) => {
                // The engine tells an unknown name only where it is printed.
                self.render_text(&format!("{{{{ {path} }}}}"), values, place)?;
                Ok(holds)
            }
            None => Ok(holds),
        }
    }

    /// Names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|s| s.name.as_str())
    }

    fn register_filters(&mut self) {
        type Quote = fn(&str) -> Result<String, quote::Refusal>;
        let filters: [(&'static str, Quote); 6] = [
            ("nginx", quote::nginx),
            ("systemd", quote::systemd),
            ("systemd_word", quote::systemd_word),
            ("upstart", quote::upstart),
            ("shell", quote::shell),
            ("env", quote::env),
        ];
        for (name, function) in filters {
            self.tera.register_filter(name, move |value: &tera::Value, _: Kwargs, _: &State| {
                if value.is_undefined() || value.is_none() || value.is_map() || value.is_array() {
                    let expected_type = "a text or a number".to_string();
                    let actual_type = value.name().to_string();
                    return Err(tera::Error::new(ErrorKind::InvalidArgument { expected_type, actual_type }));
                }
                function(&value.to_string()).map_err(|refusal| tera::Error::message(refusal.to_string()))
            });
        }
    }

    fn explain(&self, error: &tera::Error, text: Option<(&str, &Span)>, values: &Values) -> Diagnostic {
        let scene = Scene { sources: &self.sources, text, values: Some(values) };
        complaint::all(error, &scene).swap_remove(0)
    }
}

/// The dotted names of an expression: no text in quotes, no number, no filter or test.
fn paths(expression: &str) -> impl Iterator<Item = &str> {
    let outside = expression.split(['"', '\'']).step_by(2);
    outside.flat_map(|part| {
        let mut before = "";
        part.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .map(|word| word.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_')))
            .filter(|word| !word.is_empty())
            .filter(move |word| std::mem::replace(&mut before, word) != "is")
            .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
            .filter(|word| !WORDS.contains(word))
    })
}

fn read(path: &Path, name: &str) -> Result<Arc<Source>, Diagnostic> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Diagnostic::error(format!("cannot read template `{}`: {error}", path.display())))?;
    Ok(Source::new(name, text))
}

/// Templates of the project's own that replace none of ours.
fn add_new(root: &Path, dir: &Path, sources: &mut Vec<Arc<Source>>) -> Result<(), Diagnostic> {
    let mut entries: Vec<_> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if path.is_dir() {
            add_new(root, &path, sources)?;
        } else if name.ends_with(".tera") && !sources.iter().any(|s| s.name == name) {
            sources.push(read(&path, &name)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str, value: &str) -> Values {
        let mut values = Values::default();
        values.insert(name, &value.into());
        values
    }

    #[test]
    fn a_copy_beside_the_project_wins() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("nginx")).unwrap();
        std::fs::write(dir.path().join("nginx/site.conf.tera"), "mine {{ a }}").unwrap();
        let templates = Templates::load(Some(dir.path())).unwrap();
        assert_eq!(templates.render("nginx/site.conf.tera", &values("a", "1")).unwrap(), "mine 1");
    }

    #[test]
    fn an_undefined_variable_is_an_error_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x.tera"), "a\nb {{ prot }}\n").unwrap();
        let templates = Templates::load(Some(dir.path())).unwrap();
        let error = templates.render("x.tera", &values("port", "1")).unwrap_err();
        let span = error.span.clone().unwrap();
        assert_eq!((span.to_string(), span.length), ("x.tera:2:6".to_string(), 4), "{error}");
    }

    #[test]
    fn a_value_that_cannot_be_quoted_is_refused() {
        let templates = Templates::load(None).unwrap();
        let place = Span::new(&Source::new("site.yml", "x: {{ v | nginx }}\n"), 1, 4, 5);
        let error = templates.render_text("{{ v | nginx }}", &values("v", "a\nb"), &place).unwrap_err();
        assert!(error.to_string().contains("site.yml:1:11"), "{error}");
    }
}
