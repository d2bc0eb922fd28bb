//! What a Python application becomes on a host: the directories it gets, and the commands that fill them.

use serde_json::{Map, Value, json};

use super::code::Code;
use super::stack::{Python, Wsgi};
use crate::agent::facts::Facts;
use crate::base::secret::Text;
use crate::base::yaml::MASKED;
use crate::resource::stamp::digest;

/// The system's own interpreter.
const SYSTEM: &str = "/usr/bin/python3";
/// Packages of the system that make and fill an environment.
const FOR_VENV: [&str; 2] = ["python3-venv", "ca-certificates"];
/// Compiled now, before the release is measured: root may import its modules later and leaves nothing behind. A file
/// that does not compile is nobody's concern until it is imported.
const COMPILE: &str = r#""$1" -m compileall -q "$2" >/dev/null 2>&1 || :"#;
/// Runs the words after the first in the directory that the first names.
const IN_DIRECTORY: &str = r#"cd "$1" && shift && exec "$@""#;
/// What the server does with `MODULE:EXPR` in every worker.
const IMPORT: &str = "import importlib, sys\n\
    module, _, name = sys.argv[1].partition(':')\n\
    module = importlib.import_module(module)\n\
    name and eval(name, vars(module))";

/// A Python application on a host.
pub struct Installed<'a> {
    /// The application.
    pub wsgi: &'a Wsgi,
    /// Its code.
    pub code: &'a Code,
    /// Where its releases lie.
    pub root: String,
    /// The environment with its packages; none if it runs in the system's own.
    env: Option<String>,
}

impl<'a> Installed<'a> {
    /// Where an application of this name lies below `deploy_root`.
    pub fn new(name: &str, wsgi: &'a Wsgi, code: &'a Code, deploy_root: &str, facts: &Facts) -> Self {
        // What a Python of another release has compiled does not run.
        let all = format!("{} {} {}\n{}", facts.os, facts.os_version, facts.arch, code.requirements);
        let env = format!("{deploy_root}/python/{}", &digest(all.as_bytes())[..12]);
        let env = (wsgi.python == Python::Venv).then_some(env);
        Self { wsgi, code, root: format!("{deploy_root}/apps/{name}"), env }
    }

    /// The options by which the server finds it.
    pub fn options(&self) -> Vec<String> {
        let mut options = vec!["--chdir".to_string(), self.current()];
        if self.env.is_none() {
            options.extend(["--python".to_string(), SYSTEM.to_string()]);
        }
        options
    }

    /// The link to its live release.
    pub fn current(&self) -> String {
        format!("{}/current", self.root)
    }

    /// The packages of the system that it needs.
    pub fn packages(&self) -> Vec<String> {
        let own: &[&str] = if self.env.is_some() { &FOR_VENV } else { &["python3"] };
        own.iter().map(ToString::to_string).chain(self.wsgi.packages.clone()).collect()
    }

    /// Its environment as a `python_env`; none if it runs in the system's own.
    pub fn env(&self) -> Option<Value> {
        let variable = |(name, text): &(String, Text)| {
            let value = match text {
                Text::Plain(value) => value.as_str(),
                Text::Secret(_) => MASKED,
            };
            (format!("PIP_{}", name.to_uppercase().replace('-', "_")), Value::from(value))
        };
        let pip: Map<String, Value> = self.wsgi.pip.iter().map(variable).collect();
        let requirements = &self.code.requirements;
        self.env.as_ref().map(|path| json!({ "path": path, "requirements": requirements, "pip": pip }))
    }

    /// Its code as a `release`: the archive, the commands that complete it, and the trial with the variables that the
    /// service has.
    pub fn release(&self, name: &str, user: &str, env: &[(String, String)]) -> Value {
        let archive = &self.code.archive.payload.name;
        let packed = format!("./{archive}");
        let python = self.env.as_ref().map_or(SYSTEM.to_string(), |env| format!("{env}/bin/python3"));
        let mut prepare = vec![json!(["tar", "-xf", packed, "--no-same-owner", "-C", "./"])];
        prepare.push(json!(["rm", packed]));
        prepare.extend(self.env.as_ref().map(|env| json!(["ln", "-s", env, "./venv"])));
        prepare.push(json!(["sh", "-c", COMPILE, "sh", python, "./"]));
        let env: Map<String, Value> = env.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let words = json!(["sh", "-c", IN_DIRECTORY, "sh", "./", python, "-c", IMPORT, self.wsgi.target]);
        json!({
            "name": name,
            "root": self.root,
            "archive": archive,
            "prepare": prepare,
            "trial": { "run": words, "user": user, "env": env },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{Source, Span};
    use crate::base::yaml::Spanned;
    use crate::deployer::code::Shelf;
    use crate::deployer::os;
    use crate::deployer::stack::Origin;

    fn wsgi(dir: &tempfile::TempDir, python: Python) -> Wsgi {
        let span = Span::new(&Source::new("inventory.yml", ""), 1, 1, 1);
        let requirements = Spanned { value: "requirements.txt".to_string(), span: span.clone() };
        Wsgi {
            target: "app:app".into(),
            origin: Origin::Directory(dir.path().into()),
            span,
            requirements: (python == Python::Venv).then_some(requirements),
            python,
            pip: vec![("index-url".into(), Text::Plain("https://example.com".into()))],
            packages: vec!["libpq-dev".into()],
        }
    }

    /// What an application becomes on a release, with these requirements.
    fn values(requirements: &str, python: Python, release: &str) -> (Option<Value>, Value, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("app.py"), "app = None\n").unwrap();
        std::fs::write(dir.path().join("requirements.txt"), requirements).unwrap();
        let (wsgi, mut shelf) = (wsgi(&dir, python), Shelf::default());
        shelf.read(&wsgi).unwrap();
        let facts = os::facts(release, "a").unwrap();
        let installed = Installed::new("web", &wsgi, shelf.get(&wsgi).unwrap(), "/opt/hbnb", &facts);
        (installed.env(), installed.release("web", "hbnb", &[]), installed.packages())
    }

    #[test]
    fn an_environment_is_named_by_its_packages_and_the_hosts_release() {
        let path = |requirements, release| {
            values(requirements, Python::Venv, release).0.unwrap()["path"].as_str().unwrap().to_string()
        };
        let one = path("flask\n", "debian-12");
        assert_eq!(path("# pages\nflask\n", "debian-12"), one);
        assert_ne!(path("flask<3\n", "debian-12"), one);
        assert_ne!(path("flask\n", "debian-13"), one);
        let env = values("flask\n", Python::Venv, "debian-12").0.unwrap();
        let pip = json!({ "PIP_INDEX_URL": "https://example.com" });
        assert_eq!((&env["requirements"], &env["pip"]), (&json!("flask\n"), &pip));
    }

    #[test]
    fn a_release_has_its_environment_and_without_one_the_systems_python_tries_it() {
        let (env, release, packages) = values("flask\n", Python::Venv, "debian-12");
        let env = env.unwrap()["path"].clone();
        assert_eq!(release["prepare"][2], json!(["ln", "-s", env, "./venv"]));
        assert_eq!(release["trial"]["run"][5], format!("{}/bin/python3", env.as_str().unwrap()));
        assert_eq!(packages, ["python3-venv", "ca-certificates", "libpq-dev"]);
        let (env, release, packages) = values("", Python::System, "debian-12");
        assert_eq!((env, release["prepare"].as_array().unwrap().len()), (None, 3));
        assert_eq!(release["trial"]["run"][5], "/usr/bin/python3");
        assert_eq!(packages, ["python3", "libpq-dev"]);
    }
}
