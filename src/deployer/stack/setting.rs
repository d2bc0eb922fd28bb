//! Settings of the application server, which alone knows what they mean.

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::yaml::{Node, Spanned};

/// Turns settings by name into options of the server's command line, or tells every mistake.
pub type Words = fn(&[(Spanned<String>, Node)]) -> Result<Vec<String>, Vec<Diagnostic>>;

/// Settings that the deployer chooses, and what to write instead.
const CHOSEN: [(&str, &str); 12] = [
    ("bind", "write it beside `run`"),
    ("check_config", "take it away: `deployer check` looks at everything"),
    ("chdir", "name the directory itself as `source`"),
    ("config", "put a `gunicorn.conf.py` into the source: it is read"),
    ("daemon", "take it away: the unit runs the server"),
    ("group", "set `service_user`, for all apps of a host"),
    ("print_config", "take it away"),
    ("python", "write `python: venv` or `python: system` beside `run`"),
    ("slashes", "write it beside the `path` of a route"),
    ("user", "set `service_user`, for all apps of a host"),
    ("workers", "write it beside `run`"),
    ("wsgi_app", "it is what `run` names"),
];

/// The settings of an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// By name, a list as an empty text.
    pub typed: Vec<(String, String)>,
    /// The same as options of the server's command line.
    pub options: Vec<String>,
}

impl Setting {
    /// What is given for a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.typed.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads the settings of an app; mistakes are added to `said`.
pub fn read(given: Vec<(Spanned<String>, Node)>, words: Words, said: &mut Vec<Diagnostic>) -> Setting {
    let before = said.len();
    for (name, node) in &given {
        if let Some((_, fix)) = CHOSEN.iter().find(|(chosen, _)| *chosen == name.value) {
            let message = format!("the setting `{}` is chosen by the deployer", name.value);
            said.push(Diagnostic::error(message).at(&name.span).fix(*fix));
        }
        let texts = if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() };
        for text in texts {
            let value =
                Spanned { value: text.text().unwrap_or_default().to_string(), span: text.span.clone() };
            word::quotable(&format!("the setting `{}`", name.value), &value, quote::systemd_word, said);
        }
    }
    if said.len() > before {
        return Setting::default();
    }
    let options = words(&given).unwrap_or_else(|errors| {
        said.extend(errors);
        Vec::new()
    });
    let typed =
        |(name, node): (Spanned<String>, Node)| (name.value, node.text().unwrap_or_default().to_string());
    Setting { typed: given.into_iter().map(typed).collect(), options }
}
