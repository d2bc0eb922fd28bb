//! What a Python application becomes on a host: the directories it gets, and the commands that fill them.

use serde_json::{Map, Value, json};

use super::code::Code;
use super::stack::{Python, Wsgi};
use crate::agent::facts::Facts;
use crate::base::secret::Text;
use crate::base::yaml::MASKED;
use crate::resource::init::Init;
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

    /// Its code as a `release`: the archive, the commands that complete it, and the trial with these variables.
    pub fn release(&self, name: &str, user: &str, env: &[Value]) -> Value {
        let archive = &self.code.archive.payload.name;
        let packed = format!("./{archive}");
        let python = self.env.as_ref().map_or(SYSTEM.to_string(), |env| format!("{env}/bin/python3"));
        let mut prepare = vec![json!(["tar", "-xf", packed, "--no-same-owner", "-C", "./"])];
        prepare.push(json!(["rm", packed]));
        prepare.extend(self.env.as_ref().map(|env| json!(["ln", "-s", env, "./venv"])));
        prepare.push(json!(["sh", "-c", COMPILE, "sh", python, "./"]));
        let pair = |entry: &Value| Some((entry["name"].as_str()?.to_string(), entry["value"].clone()));
        let env: Map<String, Value> = env.iter().filter_map(pair).collect();
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

/// Why Python applications cannot run on a host; none if they can.
pub fn refusal(facts: &Facts) -> Option<String> {
    (facts.init == Init::Upstart)
        .then(|| format!("its Python is older than 3.5 ({} {})", facts.os, facts.os_version))
}
