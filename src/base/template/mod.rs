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
static HAPROXY: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/haproxy");
static NGINX: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/nginx");
static SYSTEMD: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/systemd");
static HARDENING: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/hardening");
static UPSTART: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/upstart");

/// Its folders by name.
const FOLDERS: [(&str, &Dir); 5] = [
    ("hardening", &HARDENING),
    ("haproxy", &HAPROXY),
    ("nginx", &NGINX),
    ("systemd", &SYSTEMD),
    ("upstart", &UPSTART),
];

/// Words of an expression that name no variable.
const WORDS: [&str; 7] = ["and", "or", "not", "in", "is", "true", "false"];

/// All templates by name (`nginx/site.conf.tera`).
pub struct Templates {
    tera: Tera,
    known: Vec<Known>,
}

/// A template: the name it is asked for by, and its text under the path people find it at.
struct Known {
    name: String,
    source: Arc<Source>,
    /// Whether its text is the project's own.
    own: bool,
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

    /// The names of all lists: `apps`, `site.headers`.
    pub fn lists(&self) -> Vec<String> {
        let mut lists = Vec::new();
        for (name, value) in self.tree.iter().filter(|(name, _)| *name != "facts") {
            lists.extend(value.is_array().then(|| name.clone()));
            let below = value.as_object().into_iter().flatten().filter(|(_, value)| value.is_array());
            lists.extend(below.map(|(key, _)| format!("{name}.{key}")));
        }
        lists
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
        let mut known: Vec<Known> = Vec::new();
        for (folder, dir) in FOLDERS {
            for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "tera")) {
                let name = format!("{folder}/{}", file.path().display());
                let copy = overlay.map(|o| o.join(&name)).filter(|p| p.is_file());
                let text = file.contents_utf8().unwrap_or_default();
                let source = match copy {
                    Some(path) => read(&path).map_err(|e| vec![e])?,
                    None => Source::new(format!("templates/{name}"), text),
                };
                let own = source.text != text;
                known.push(Known { name, source, own });
            }
        }
        if let Some(overlay) = overlay {
            add_new(overlay, overlay, &mut known).map_err(|e| vec![e])?;
        }
        let mut templates = Self { tera: Tera::default(), known };
        templates.tera.autoescape_on(Vec::<String>::new());
        templates.register_filters();
        templates.parse()?;
        Ok(templates)
    }

    /// Parses all; one that is broken is set aside, so that the others tell their mistakes too.
    fn parse(&mut self) -> Result<(), Vec<Diagnostic>> {
        let mut raw: Vec<(String, String)> =
            self.known.iter().map(|k| (k.name.clone(), k.source.text.clone())).collect();
        let mut errors = Vec::new();
        loop {
            let added = self.tera.add_raw_templates(raw.iter().map(|(n, t)| (n.as_str(), t.as_str())));
            let Err(error) = added else { break };
            let more = complaint::all(&error, &Scene { known: &self.known, text: None, values: None });
            let broken = |name: &str| {
                let source = self.known.iter().find(|k| k.name == name).map(|k| &k.source.name);
                more.iter().any(|e| e.span.as_ref().map(|span| &span.source.name) == source)
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

    /// The templates of a folder whose text is the project's own, not ours.
    pub fn own(&self, folder: &str) -> Vec<Arc<Source>> {
        let inside = |known: &&Known| known.own && Path::new(&known.name).starts_with(folder);
        self.known.iter().filter(inside).map(|known| Arc::clone(&known.source)).collect()
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

    fn register_filters(&mut self) {
        type Quote = fn(&str) -> Result<String, quote::Refusal>;
        let filters: [(&'static str, Quote); 7] = [
            ("haproxy", quote::haproxy),
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
        let scene = Scene { known: &self.known, text, values: Some(values) };
        complaint::all(error, &scene).swap_remove(0)
    }
}

/// The dotted names of an expression: no text in quotes, no number, filter, test or name of an argument.
fn paths(expression: &str) -> impl Iterator<Item = &str> {
    let outside = expression.split(['"', '\'']).step_by(2);
    outside.flat_map(|part| {
        let of_a_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        part.split(move |c| !of_a_name(c)).filter(move |word| {
            let at = word.as_ptr() as usize - part.as_ptr() as usize;
            let (before, after) = (part[..at].trim_end(), part[at + word.len()..].trim_start());
            let names_a_value = !before.ends_with('|') && before.split_whitespace().next_back() != Some("is");
            let names_an_argument = after.starts_with('=') && !after.starts_with("==");
            let starts = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
            starts && names_a_value && !names_an_argument && !WORDS.contains(word)
        })
    })
}

fn read(path: &Path) -> Result<Arc<Source>, Diagnostic> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Diagnostic::error(format!("cannot read template `{}`: {error}", path.display())))?;
    Ok(Source::new(path.display().to_string(), text))
}

/// Templates of the project's own that replace none of ours.
fn add_new(root: &Path, dir: &Path, known: &mut Vec<Known>) -> Result<(), Diagnostic> {
    let mut entries: Vec<_> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if path.is_dir() {
            add_new(root, &path, known)?;
        } else if name.ends_with(".tera") && !known.iter().any(|k| k.name == name) {
            known.push(Known { source: read(&path)?, name, own: true });
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
        let mine = Source::new(dir.path().join("nginx/site.conf.tera").display().to_string(), "mine {{ a }}");
        assert_eq!((templates.own("nginx"), templates.own("systemd")), (vec![mine], Vec::new()));
    }

    #[test]
    fn an_undefined_variable_is_an_error_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x.tera"), "a\nb {{ prot }}\n").unwrap();
        let templates = Templates::load(Some(dir.path())).unwrap();
        let error = templates.render("x.tera", &values("port", "1")).unwrap_err();
        let span = error.span.clone().unwrap();
        let wanted = format!("{}/x.tera:2:6", dir.path().display());
        assert_eq!((span.to_string(), span.length), (wanted, 4), "{error}");
    }

    #[test]
    fn a_value_that_cannot_be_quoted_is_refused() {
        let templates = Templates::load(None).unwrap();
        let place = Span::new(&Source::new("site.yml", "x: {{ v | nginx }}\n"), 1, 4, 5);
        let error = templates.render_text("{{ v | nginx }}", &values("v", "a\nb"), &place).unwrap_err();
        assert!(error.to_string().contains("site.yml:1:11"), "{error}");
    }

    #[test]
    fn a_condition_with_an_unknown_name_is_an_error_and_not_just_false() {
        let templates = Templates::load(None).unwrap();
        let mut values = values("init", "systemd");
        values.insert("site", &serde_json::json!({ "on": true, "list": [] }));
        let place = Span::new(&Source::new("site.yml", "when: x\n"), 1, 7, 1);
        for (when, wanted) in [
            ("init == 'systemd' and site.on", Some(true)),
            ("site.list or not site.on", Some(false)),
            ("init in ['a b', \"upstart\"]", Some(false)),
            ("site.list | length > 2.5", Some(false)),
            ("sed is defined", Some(false)),
            ("site.of", None),
            ("site.on or sed", None),
        ] {
            assert_eq!(templates.holds(when, &values, &place).ok(), wanted, "{when}");
        }
    }

    #[test]
    fn what_is_not_there_does_not_leave_through_a_filter() {
        let templates = Templates::load(None).unwrap();
        let place = Span::new(&Source::new("site.yml", "x: '{{ item.nmae | env }}'\n"), 1, 4, 22);
        let mut values = Values::default();
        values.insert("item", &serde_json::json!({ "name": "a", "none": null }));
        let said = |text: &str| templates.render_text(text, &values, &place).unwrap_err().to_string();
        let wanted = "error: variable `nmae` is not defined\n --> site.yml:1:8\n  |\n1 | x: '{{ item.nmae | env }}'\n  |        ^^^^^^^^^ known here: name, none\n  = fix: did you mean `name`?";
        assert_eq!(said("{{ item.nmae | env }}"), wanted);
        assert!(said("{{ item.none | env }}").contains("wanted a text or a number but got none"));
    }
}
