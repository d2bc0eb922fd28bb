//! All sources together: which is stronger, what each says of what is wrong in it. Python is the host's `python3`.

mod real;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;
use tempfile::TempDir;

use super::python::Interpreter;
use super::*;
use crate::appserver::settings::config_file::ConfigFile;
use crate::appserver::settings::section::{row, rows};
use crate::appserver::settings::table::{Form, Setting};
use crate::base::source::Source;

/// One application is listened for at a place of its own.
fn usual_bind(app: &str) -> Option<String> {
    (app == "@homely").then(|| "127.0.0.1:5000".into())
}

/// A folder with files, and an environment.
struct Place {
    folder: TempDir,
    environment: BTreeMap<&'static str, String>,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        Self { folder, environment: BTreeMap::from([("PATH", path)]) }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.insert(name, value.into());
        self
    }

    fn read(&self, line: &str) -> Result<(Asked, Vec<String>), String> {
        let words = ["appserver"].into_iter().chain(line.split_whitespace());
        let args: Vec<OsString> = words.map(OsString::from).collect();
        let environment = |name: &str| self.environment.get(name).cloned();
        let call = Call { args: &args, folder: self.folder.path(), environment: &environment, usual_bind };
        let shown =
            |said: Diagnostic| said.to_string().replace(&self.folder.path().display().to_string(), "DIR");
        read(&call).map(|(asked, said)| (asked, said.into_iter().map(shown).collect())).map_err(shown)
    }

    fn settings(&self, line: &str) -> Settings {
        match self.read(line).unwrap() {
            (Asked::Serve(settings), warnings) => {
                assert_eq!(warnings, Vec::<String>::new());
                settings
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    fn said(&self, line: &str) -> String {
        self.read(line).unwrap_err()
    }
}

fn python() -> Interpreter {
    let found = interpreter::usual(Path::new("/"), &|name| std::env::var(name).ok());
    let program = found.expect("these tests need a python3");
    Interpreter { program, folder: "/".into(), limit: std::time::Duration::from_secs(60) }
}

/// The example of a setting, as Python and YAML write it.
fn literal(row: &Setting) -> (String, String) {
    let text = row.example;
    let quoted = format!("{text:?}");
    match row.form {
        _ if row.name == "secure_scheme_headers" => {
            let (name, value) = text.split_once('=').unwrap();
            (format!("{{'{name}': '{value}'}}"), format!("{{ {name}: {value} }}"))
        }
        Form::Switch(_) => (if text == "true" { "True" } else { "False" }.into(), text.into()),
        Form::Values(_) => (format!("[{quoted}]"), format!("[{quoted}]")),
        _ if text.starts_with('0') => (format!("0o{text}"), text.into()),
        _ if text.parse::<u64>().is_ok() => (text.into(), text.into()),
        _ => (quoted.clone(), quoted),
    }
}

#[test]
fn every_setting_can_be_set_in_every_source() {
    let kept: Vec<&Setting> = rows().filter(|row| !row.is_refused()).collect();
    let (mut line, mut py, mut yml) = (vec!["appserver".to_string()], String::new(), String::new());
    for row in &kept {
        let option = row.option();
        line.extend(match row.form {
            Form::None => vec![],
            Form::Position(_) => vec![row.example.into()],
            Form::Switch(_) => vec![option],
            _ => vec![format!("{option}={}", row.example)],
        });
        let (in_python, in_yaml) = literal(row);
        py += &format!("{} = {in_python}\n", row.name);
        yml += &format!("{}: {in_yaml}\n", row.name);
    }
    let place = Place::new(&[("a.py", &py)]);
    let args: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let call = Call { args: &args, folder: place.folder.path(), environment: &|_| None, usual_bind };
    let Line::Run(given) = cli::read(&args).unwrap() else { panic!() };
    let lines = Resolved::of(&call, &[Layer::of_line(None, given)]).unwrap().settings;
    let yaml = Resolved::of(&call, &[yaml::read(&Source::new("a.yml", yml)).unwrap()]).unwrap().settings;
    let defined = python().run(&python::Target::File(&place.folder.path().join("a.py")), "a.py").unwrap();
    let python = Resolved::of(&call, &[defined.layer]).unwrap().settings;
    for row in kept {
        let shown = [&python, &yaml, &lines].map(|settings| row.show(settings));
        assert_eq!(shown[0], shown[1], "{}", row.name);
        assert!(row.form == Form::None || shown[1] == shown[2], "{}: {shown:?}", row.name);
        assert_ne!(shown[0], row.show(&Settings::default()), "{}", row.name);
    }
    assert_eq!(python, yaml);
}

#[test]
fn a_later_source_is_stronger() {
    let place = Place::new(&[("gunicorn.conf.py", "workers = 2\ntimeout = 2\nkeepalive = 2\nbind = ':2'\n")])
        .with("WEB_CONCURRENCY", "1")
        .with("FORWARDED_ALLOW_IPS", "10.0.0.0/8")
        .with("SENDFILE", "no")
        .with("PORT", "1")
        .with("GUNICORN_CMD_ARGS", "--timeout 3 --keep-alive=3 --env 'A=b c' --threads 3")
        .with("APPSERVER_ARGS", "--keep-alive 4 --threads 4");
    let settings = place.settings("--threads 5 shop");
    assert_eq!((settings.workers, settings.timeout, settings.keepalive, settings.threads), (2, 3, 4, 5));
    assert_eq!(settings.bind.len(), 1);
    assert_eq!(settings.bind[0].to_string(), "0.0.0.0:2");
    assert_eq!((settings.raw_env, settings.sendfile), (vec!["A=b c".to_string()], false));
    assert!(settings.forwarded_allow_ips.contains("10.1.1.1".parse().unwrap()));
    let empty = Place::new(&[]).with("PORT", "").with("WEB_CONCURRENCY", "").with("FORWARDED_ALLOW_IPS", "");
    let settings = empty.settings("@a");
    assert_eq!((settings.bind, settings.workers), (vec![], 1));
    assert!(!settings.forwarded_allow_ips.contains("127.0.0.1".parse().unwrap()));
    let settings = Place::new(&[]).with("PORT", "5000").with("WEB_CONCURRENCY", "3").settings("@a");
    assert_eq!((settings.bind[0].to_string(), settings.workers), ("0.0.0.0:5000".into(), 3));
}

#[test]
fn an_application_is_listened_for_where_it_is_used_to_unless_any_source_says_where() {
    let bind = |place: &Place, line: &str| place.settings(line).bind[0].to_string();
    let bare = Place::new(&[]);
    assert_eq!(bind(&bare, "@homely"), "127.0.0.1:5000");
    assert_eq!(bind(&bare, "@homely --bind :1"), "0.0.0.0:1");
    assert_eq!(bind(&Place::new(&[]).with("PORT", "2"), "@homely"), "0.0.0.0:2");
    assert_eq!(bind(&Place::new(&[]).with("GUNICORN_CMD_ARGS", "-b :3"), "@homely"), "0.0.0.0:3");
    assert_eq!(bind(&Place::new(&[("appserver.yml", "bind: ':4'\n")]), "@homely"), "0.0.0.0:4");
    assert_eq!(bare.settings("@a").bind, []);
}

#[test]
fn the_file_is_the_one_named_last_else_gunicorns_for_python_else_ours() {
    let files = ["a.py", "gunicorn.conf.py"].map(|name| (name, "workers = 2")).into_iter();
    let files: Vec<_> = files.chain([("appserver.yml", "workers: 3"), ("b.yaml", "workers: 4")]).collect();
    let place = Place::new(&files);
    let at = |name: &str| place.folder.path().join(name);
    let file = |line: &str| place.settings(line).config;
    assert_eq!(file("shop"), Some(ConfigFile::Python(at("gunicorn.conf.py"))));
    assert_eq!(file("@hbnb"), Some(ConfigFile::Yaml(at("appserver.yml"))));
    assert_eq!(file("-c file:a.py @hbnb"), Some(ConfigFile::Python(at("a.py"))));
    assert_eq!(file("-c python:a shop"), Some(ConfigFile::Module("a".into())));
    let place = Place::new(&files).with("GUNICORN_CMD_ARGS", "-c a.py").with("APPSERVER_ARGS", "-c b.yaml");
    assert_eq!(place.settings("shop").workers, 4);
    assert_eq!(place.settings("-c a.py shop").workers, 2);
    assert_eq!(Place::new(&[]).settings("shop").config, None);
    assert_eq!(
        place.said("-c nowhere.py shop"),
        "error: there is no configuration `nowhere.py`\n  = fix: `--config PATH`, a file that is there"
    );
}

#[test]
fn the_application_may_come_from_any_source() {
    let place = Place::new(&[("gunicorn.conf.py", "wsgi_app = 'a'")]);
    assert_eq!((place.settings("").app, place.settings("b:c").app), ("a".into(), "b:c".into()));
    let none = "error: no application is named\n  = fix: `appserver [OPTIONS] APP`, like `appserver shop.wsgi` or `appserver @hbnb`";
    assert_eq!(Place::new(&[]).said(""), none);
    assert_eq!(
        place.said("shop.py"),
        "error: `shop.py` is no application\n  = why: a module is named as `import` names it, not by its file\n  = fix: did you mean `shop:application`?"
    );
}

#[test]
fn an_error_in_a_variable_names_it() {
    assert_eq!(
        Place::new(&[]).with("PORT", "http").said("@a"),
        "error: cannot bind to `0.0.0.0:http`: `http` is not a port\n  = from: $PORT\n  = fix: a port from 0 to 65535"
    );
    assert_eq!(
        Place::new(&[]).with("GUNICORN_CMD_ARGS", "--workers two").said("@a"),
        "error: `two` does not fit `--workers`\n  = from: $GUNICORN_CMD_ARGS\n  = fix: a whole number from 1 to 1024"
    );
    assert_eq!(
        Place::new(&[]).with("APPSERVER_ARGS", "--wrokers 2").said("@a"),
        "error: unknown option `--wrokers`\n  = from: $APPSERVER_ARGS\n  = fix: did you mean `--workers`?"
    );
    assert_eq!(
        Place::new(&[]).with("APPSERVER_ARGS", "--env 'A=b").said("@a"),
        "error: a quote is not closed\n  = from: $APPSERVER_ARGS\n  = fix: one more quote at the end"
    );
}

#[test]
fn an_error_in_yaml_has_its_place() {
    let said = |text: &str| Place::new(&[("appserver.yml", text)]).said("@a");
    assert_eq!(
        said("workers: 3\ntimout: 5\n"),
        "error: unknown setting `timout`\n --> appserver.yml:2:1\n  |\n2 | timout: 5\n  | ^^^^^^\n  = fix: did you mean `timeout`?"
    );
    let fix = |text: &str| said(text).lines().last().unwrap().to_string();
    assert_eq!(fix("log-level: debug\n"), "  = fix: did you mean `loglevel`?");
    assert_eq!(fix("pid: x\n"), "  = fix: did you mean `pidfile`?");
    assert_eq!(fix("nothing_like_it: x\n"), "  = fix: `appserver settings` lists all settings");
    assert_eq!(
        said("workers: many\n"),
        "error: `many` does not fit `workers`\n --> appserver.yml:1:10\n  |\n1 | workers: many\n  |          ^^^^\n  = fix: a whole number from 1 to 1024"
    );
    assert_eq!(
        said("post_fork: x\n"),
        "error: `post_fork` is a function\n --> appserver.yml:1:1\n  |\n1 | post_fork: x\n  | ^^^^^^^^^ only a configuration in Python has functions\n  = fix: a `gunicorn.conf.py`"
    );
    assert_eq!(said("- workers\n").lines().next(), Some("error: a configuration is a map, found a list"));
}

#[test]
fn the_folder_and_the_interpreter_are_whole_paths_and_must_be_there() {
    let place = Place::new(&[("gunicorn.conf.py", "chdir = 'inner'")]);
    assert_eq!(
        place.said("shop"),
        "error: cannot work in `inner`: there is no such folder\n  = fix: `--chdir DIR`, a folder that is there"
    );
    fs::create_dir_all(place.folder.path().join("inner/.venv/bin")).unwrap();
    let venv = place.folder.path().join("inner/.venv/bin/python3");
    fs::copy("/bin/true", &venv).unwrap();
    let settings = place.settings("shop");
    assert_eq!((settings.chdir, settings.python), (place.folder.path().join("inner"), Some(venv)));
    assert_eq!(
        place.said("--python nowhere/python3 shop"),
        "error: there is no interpreter `nowhere/python3`\n  = fix: the path of a `python3`, like `venv/bin/python3`"
    );
    let settings = Place::new(&[]).settings("shop");
    assert_eq!(settings.python, Some(python().program));
}

#[test]
fn every_setting_is_printed_with_the_source_of_what_is_no_default() {
    let place = Place::new(&[("gunicorn.conf.py", "import os\nworkers = 2\nraw_env = ['KEY=hush']\n")])
        .with("PORT", "80")
        .with("GUNICORN_CMD_ARGS", "--threads 2");
    let (asked, _) = place.read("--print-config --timeout 9 shop").unwrap();
    let Asked::Check(settings, text) = asked else { panic!() };
    assert!(settings.print_config);
    let line = |name: &str| {
        let line = text.lines().find(|line| line.split(" = ").next().unwrap().trim() == name).unwrap();
        line.split_once(" = ").unwrap().1.to_string()
    };
    assert_eq!(line("workers"), "2  # gunicorn.conf.py:2");
    assert_eq!(line("raw_env"), "KEY=********  # gunicorn.conf.py:3");
    assert_eq!(line("bind"), "0.0.0.0:80  # $PORT");
    assert_eq!(line("threads"), "2  # $GUNICORN_CMD_ARGS");
    assert_eq!(line("timeout"), "9  # command line");
    assert_eq!(line("wsgi_app"), "shop  # command line");
    assert_eq!(line("keepalive"), "2");
    assert_eq!(text.lines().count(), rows().filter(|row| !row.is_refused()).count());
}

#[test]
fn nothing_is_a_default_in_every_source() {
    let python = Place::new(&[("gunicorn.conf.py", "bind = None\naccesslog = None\nworkers = None\n")]);
    let yaml = Place::new(&[("appserver.yml", "bind:\naccesslog: ~\nworkers: null\n")]);
    for place in [python.with("PORT", "7"), yaml.with("PORT", "7")] {
        let settings = place.settings("shop");
        assert_eq!((settings.accesslog, settings.workers), (None, 1));
        assert_eq!(settings.bind[0].to_string(), "0.0.0.0:7");
    }
    let row = row("certfile").unwrap();
    assert!(row.set(&mut Settings::default(), &Json::Null, "certfile").is_ok());
}
