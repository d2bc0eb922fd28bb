//! The application, as named: `@NAME` (part of this program) or `MODULE[:EXPR]` (WSGI).

mod expression;

use std::fmt;

use crate::base::diagnostic::Diagnostic;

/// What a module's application is called unless it is said.
const USUAL: &str = "application";

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum App {
    /// One that is part of this program; the name is without its `@`.
    Bundled(String),
    /// One of Python.
    Wsgi {
        /// The module that is imported, with dots.
        module: String,
        /// What is looked up or called in it: a name, with dots or not, or a call of one with literal arguments.
        expression: String,
    },
}

impl App {
    /// Reads a name. Errors say what would do.
    pub fn parse(typed: &str) -> Result<Self, Diagnostic> {
        let wrong = || Diagnostic::error(format!("`{typed}` is no application"));
        if let Some(name) = typed.strip_prefix('@') {
            return Ok(Self::Bundled(name.into()));
        }
        let (module, expression) = typed.split_once(':').unwrap_or((typed, USUAL));
        if module.contains('/') || module.ends_with(".py") {
            let path = module.strip_suffix(".py").unwrap_or(module);
            let dotted = path.trim_start_matches(['.', '/']).replace('/', ".");
            let said = wrong().label("a module is named as `import` names it, not by its file");
            return Err(match is_dotted(&dotted) {
                true => said.fix(format!("did you mean `{dotted}:{expression}`?")),
                false => said.fix("`MODULE:EXPR`, like `shop.wsgi:application`"),
            });
        }
        if !is_dotted(module) {
            return Err(wrong().fix("`MODULE:EXPR`, like `shop.wsgi:application`, or `@NAME`, like `@hbnb`"));
        }
        if let Err(why) = expression::check(expression) {
            return Err(wrong()
                .label(why)
                .fix(format!("`{module}:NAME`, or `{module}:NAME(…)` with literals")));
        }
        Ok(Self::Wsgi { module: module.into(), expression: expression.trim().into() })
    }
}

impl fmt::Display for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(name) => write!(f, "@{name}"),
            Self::Wsgi { module, expression } => write!(f, "{module}:{expression}"),
        }
    }
}

/// Whether a text is names with dots between.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(expression::is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_bundled_or_a_module_with_an_object() {
        let shown = |typed: &str| App::parse(typed).unwrap().to_string();
        assert_eq!(
            ["@hbnb/api", "shop", "shop.wsgi:app", "shop:sites.main", "shop:make('a', n=-1)"].map(shown),
            ["@hbnb/api", "shop:application", "shop.wsgi:app", "shop:sites.main", "shop:make('a', n=-1)"]
        );
        assert_eq!(
            App::parse("a.b").unwrap(),
            App::Wsgi { module: "a.b".into(), expression: "application".into() }
        );
    }

    #[test]
    fn a_file_is_told_as_the_module_it_probably_is() {
        let fix = |typed: &str| App::parse(typed).unwrap_err().fix.unwrap();
        assert_eq!(
            ["shop.py", "shop/wsgi.py:app", "./shop/wsgi", "a-b.py"].map(fix),
            [
                "did you mean `shop:application`?",
                "did you mean `shop.wsgi:app`?",
                "did you mean `shop.wsgi:application`?",
                "`MODULE:EXPR`, like `shop.wsgi:application`"
            ]
        );
    }

    #[test]
    fn what_is_no_application_is_told_with_its_reason() {
        let said = |typed: &str| App::parse(typed).unwrap_err().to_string();
        assert_eq!(
            said("my-shop"),
            "error: `my-shop` is no application\n  = fix: `MODULE:EXPR`, like `shop.wsgi:application`, or `@NAME`, like `@hbnb`"
        );
        assert_eq!(
            said("shop:make(os.environ)"),
            "error: `shop:make(os.environ)` is no application\n  = why: `os` is no literal\n  = fix: `shop:NAME`, or `shop:NAME(…)` with literals"
        );
    }
}
