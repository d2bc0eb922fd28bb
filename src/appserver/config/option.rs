//! Settings by their names, as the words of a command line: for who starts the server by a unit.

use super::yaml::{json, unknown};
use crate::appserver::settings::Settings;
use crate::appserver::settings::section::row;
use crate::appserver::settings::table::{Form, Setting};
use crate::appserver::settings::value::typed;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Spanned};
use serde_json::Value as Json;

/// The words that mean these settings, such as `--timeout`, `30`; a switch that has its default needs none.
///
/// Errors: every name that is no setting, every value that does not fit its setting, and settings that only a
/// configuration file can give; each at its place.
pub fn words(given: &[(Spanned<String>, Node)]) -> Result<Vec<String>, Vec<Diagnostic>> {
    let (mut words, mut errors) = (Vec::new(), Vec::new());
    for (name, node) in given {
        match words_of_one(name, node) {
            Ok(more) => words.extend(more),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(words) } else { Err(errors) }
}

fn words_of_one(name: &Spanned<String>, node: &Node) -> Result<Vec<String>, Diagnostic> {
    let row = row(&name.value).ok_or_else(|| unknown(name))?;
    let value = json(node)?;
    let at = |said: Diagnostic| said.at(&node.span);
    let shown = shown(row, &value, &name.value).map_err(at)?;
    let option = row.option();
    Ok(match row.form {
        _ if value.is_null() => Vec::new(),
        // What is so anyway needs no option, and there may be none for it.
        Form::None | Form::Position(_) | Form::Switch(_) if shown == row.show(&Settings::default()) => {
            Vec::new()
        }
        Form::None | Form::Position(_) => {
            let only = Diagnostic::error(format!("`{}` has no option on the command line", name.value));
            return Err(at(only).fix("write it into the application's own `gunicorn.conf.py`"));
        }
        Form::Switch(_) => vec![option],
        Form::Value(_) => vec![option, typed(&value)],
        Form::Optional(..) => vec![format!("{option}={}", typed(&value))],
        Form::Values(_) => {
            let each =
                value.as_array().map_or_else(|| vec![typed(&value)], |all| all.iter().map(typed).collect());
            each.into_iter().flat_map(|one| [option.clone(), one]).collect()
        }
    })
}

/// The value as the server understands it.
fn shown(row: &Setting, value: &Json, called: &str) -> Result<String, Diagnostic> {
    let mut settings = Settings::default();
    row.set(&mut settings, value, called)?;
    Ok(row.show(&settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;
    use crate::base::yaml::parse;

    fn of(text: &str) -> Result<String, Vec<String>> {
        let root = parse(&Source::new("inventory.yml", text)).unwrap();
        let said = |errors: Vec<Diagnostic>| errors.into_iter().map(|error| error.message).collect();
        words(root.entries()).map(|words| words.join(" ")).map_err(said)
    }

    #[test]
    fn settings_become_options_by_their_own_names() {
        assert_eq!(
            of("{ timeout: 31, accesslog: '-', pidfile: /run/a.pid }").unwrap(),
            "--timeout 31 --access-logfile - --pid /run/a.pid"
        );
        assert_eq!(
            of("{ preload_app: yes, sendfile: no, reuse_port: false }").unwrap(),
            "--preload --no-sendfile"
        );
        assert_eq!(of("raw_env: [A=1, B=2]").unwrap(), "--env A=1 --env B=2");
        assert_eq!(of("{ sendfile: true, timeout: 30, raw_env: }").unwrap(), "--timeout 30");
    }

    #[test]
    fn every_mistake_is_told_with_what_was_meant() {
        let said = of("{ timeot: 30, threads: many, preload_app: maybe }").unwrap_err();
        assert_eq!(
            said,
            [
                "unknown setting `timeot`",
                "`many` does not fit `threads`",
                "`maybe` does not fit `preload_app`"
            ]
        );
    }
}
