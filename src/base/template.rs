//! Templates: embedded by name, a copy of the project's own wins, an undefined variable is an error, and a value
//! can only leave through a filter that quotes for the place it goes to.

use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use tera::{Context, ErrorKind, Kwargs, State, Tera};

use super::diagnostic::Diagnostic;
use super::quote;
use super::source::{Source, Span};

/// What hosts get is rendered from these.
static NGINX: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/nginx");
static SYSTEMD: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/systemd");
static UPSTART: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/upstart");

/// The name Tera gives to a text that is no file.
const ONE_OFF: &str = "__tera_one_off";

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
    /// A template that does not parse, with line and column.
    pub fn load(overlay: Option<&Path>) -> Result<Self, Diagnostic> {
        let mut sources = Vec::new();
        for (folder, dir) in [("nginx", &NGINX), ("systemd", &SYSTEMD), ("upstart", &UPSTART)] {
            for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "tera")) {
                let name = format!("{folder}/{}", file.path().display());
                let own = overlay.map(|o| o.join(&name)).filter(|p| p.is_file());
                sources.push(match own {
                    Some(path) => read(&path, &name)?,
                    None => Source::new(name, file.contents_utf8().unwrap_or_default()),
                });
            }
        }
        if let Some(overlay) = overlay {
            add_new(overlay, overlay, &mut sources)?;
        }
        let mut templates = Self { tera: Tera::default(), sources };
        templates.tera.autoescape_on(Vec::<String>::new());
        templates.register_filters();
        let raw: Vec<(String, String)> =
            templates.sources.iter().map(|s| (s.name.clone(), s.text.clone())).collect();
        let added = templates.tera.add_raw_templates(raw.iter().map(|(n, t)| (n.as_str(), t.as_str())));
        added.map_err(|error| templates.explain(&error, None))?;
        Ok(templates)
    }

    /// Renders a template by name.
    ///
    /// # Errors
    /// An unknown name, a variable that does not exist, a value that cannot be quoted: with the template's line.
    pub fn render(&self, name: &str, values: &Values) -> Result<String, Diagnostic> {
        self.tera.render(name, &values.context).map_err(|error| self.explain(&error, None))
    }

    /// Renders a text that stands at `place` in another file, like `/run/{{ item.name }}`.
    ///
    /// # Errors
    /// As [`Templates::render`], pointing at `place`.
    pub fn render_text(&self, text: &str, values: &Values, place: &Span) -> Result<String, Diagnostic> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(text.to_string());
        }
        self.tera.render_str(text, &values.context, false).map_err(|error| self.explain(&error, Some(place)))
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
                function(&value.to_string()).map_err(|refusal| tera::Error::message(refusal.to_string()))
            });
        }
    }

    fn explain(&self, error: &tera::Error, place: Option<&Span>) -> Diagnostic {
        let report = match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => report,
            ErrorKind::TemplateNotFound(name) => {
                let unknown = Diagnostic::error(format!("unknown template `{name}`"));
                let known = self.names().collect::<Vec<_>>().join(", ");
                return Diagnostic { span: place.cloned(), ..unknown.label(format!("known: {known}")) };
            }
            other => {
                let text = other.to_string();
                let message =
                    text.lines().next().unwrap_or("a template failed").trim_start_matches("error: ");
                return Diagnostic { span: place.cloned(), ..Diagnostic::error(lower(message)) };
            }
        };
        let message = Diagnostic::error(lower(report.message()));
        if report.filename() == ONE_OFF {
            return Diagnostic { span: place.cloned(), ..message };
        }
        match self.sources.iter().find(|s| s.name == report.filename()) {
            Some(source) => {
                let span = report.span();
                let length = span.range.len().min(source.line(span.start_line).chars().count().max(1));
                message.at(&Span::new(source, span.start_line, span.start_col + 1, length))
            }
            None => message,
        }
    }
}

fn lower(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    (first + letters.as_str()).trim_end_matches('.').to_string()
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
        assert!(error.to_string().contains("site.yml:1:4"), "{error}");
    }
}
