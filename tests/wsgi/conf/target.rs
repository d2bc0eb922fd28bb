//! Which application is served, and from where.

use std::fs;

use super::{project, refused, said, serve_in};
use crate::wsgi::talk::body;
use crate::wsgi::venv;

#[test]
fn an_application_is_a_name_an_attribute_or_a_call_with_literals() {
    let home = project(&[]);
    for (target, wanted) in [
        ("shop", "shop:application"),
        ("shop:app", "shop:app"),
        ("shop:create_app()", "made of () {}"),
        ("shop:create_app('prod')", "made of ('prod',) {}"),
        (
            "shop:create_app(\"prod\", 3, debug=False, paths=['a', 'b'])",
            "made of ('prod', 3) {'debug': False, 'paths': ['a', 'b']}",
        ),
    ] {
        let server = serve_in(home.path(), &[target]);
        assert_eq!(body(&server.address(), "/"), wanted, "{target}");
    }
}

#[test]
fn an_application_that_cannot_be_had_is_refused_with_the_reason() {
    let home = project(&[
        ("broken.py", "import os\nos.no_such_thing()\n"),
        ("wrong.py", "def app(:\n"),
        ("none.py", "app = None\n"),
    ]);
    for (target, words) in [
        ("nowhere:app", &["nowhere"][..]),
        ("shop:nothing", &["nothing"]),
        ("shop:create_app(os.getcwd())", &["create_app(os.getcwd())"]),
        ("shop:create_app(", &["create_app("]),
        ("shop.py", &["shop.py", "did you mean"]),
        ("broken:app", &["broken.py", "line 2", "no_such_thing"]),
        ("wrong:app", &["wrong.py", "line 1", "SyntaxError"]),
        ("none:app", &["app"]),
    ] {
        let (status, text) = refused(home.path(), &[target]);
        assert!(status.code().is_some_and(|code| code != 0), "{target}: {status}: {text}");
        for word in words {
            assert!(text.contains(word), "{target}: no {word} in:\n{text}");
        }
    }
}

#[test]
fn without_an_application_the_command_line_is_refused() {
    let home = project(&[]);
    let (status, text) = refused(home.path(), &[]);
    assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
}

#[test]
fn the_directory_is_where_the_application_is_found_and_runs() {
    let home = project(&[("gunicorn.conf.py", "raw_env = ['SHOP=at home']\n")]);
    let away = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(home.path()).unwrap();
    let path = path.to_str().unwrap();
    let server = serve_in(away.path(), &["--chdir", path, "shop:app"]);
    assert_eq!(body(&server.address(), "/cwd"), path);
    let file = format!("chdir = {path:?}\n");
    fs::write(away.path().join("conf.py"), file).unwrap();
    let server = serve_in(away.path(), &["-c", "conf.py", "shop:app"]);
    assert_eq!(body(&server.address(), "/cwd"), path);
    let (status, text) = refused(away.path(), &["--chdir", "/no/such/place", "shop:app"]);
    assert!(status.code().is_some_and(|code| code != 0) && text.contains("/no/such/place"), "{text}");
}

#[test]
fn the_python_path_finds_modules_elsewhere() {
    let home = project(&[
        ("lib/first.py", "name = 'the first'\n"),
        ("more/second.py", "name = 'the second'\n"),
        ("both.py", "import first, second, shop\napp = shop.named(first.name + ' ' + second.name)\n"),
    ]);
    let paths = ["lib", "more"].map(|name| home.path().join(name).display().to_string()).join(",");
    let server = serve_in(home.path(), &["--pythonpath", &paths, "both:app"]);
    assert_eq!(body(&server.address(), "/"), "the first the second");
}

#[test]
fn variables_of_the_command_line_are_the_applications() {
    let home = project(&[]);
    let server = serve_in(home.path(), &["-e", "SHOP=open=yes", "--env", "OTHER=1", "shop:app"]);
    assert_eq!(body(&server.address(), "/env"), "open=yes");
}

#[test]
fn a_paste_file_names_the_application_and_its_settings() {
    let ini = "[DEFAULT]\ncity = Oslo\n\n[app:main]\npaste.app_factory = shop:paste_app\nstreet = Main\n\n\
               [app:side]\npaste.app_factory = shop:paste_app\nstreet = Side\n";
    let home = project(&[("shop.ini", ini)]);
    let python = venv::python();
    let python = python.to_str().unwrap();
    for (args, wanted) in [
        (&["--paste", "shop.ini"][..], "paste Oslo Main"),
        (&["--paste", "shop.ini#side"], "paste Oslo Side"),
        (&["--paste", "shop.ini", "--paste-global", "city=Rome"], "paste Rome Main"),
    ] {
        let server = serve_in(home.path(), &[&["--python", python], args].concat());
        assert_eq!(body(&server.address(), "/"), wanted, "{args:?}");
    }
}

#[test]
fn a_named_interpreter_is_the_one_that_runs() {
    let home = project(&[("which.py", "import shop, sys\napp = shop.named(sys.prefix)\n")]);
    let python = venv::python();
    let prefix = python.parent().unwrap().parent().unwrap();
    let server = serve_in(home.path(), &["--python", python.to_str().unwrap(), "which:app"]);
    assert_eq!(body(&server.address(), "/"), prefix.to_str().unwrap());
    let (status, text) = refused(home.path(), &["--python", "/no/such/python3", "which:app"]);
    assert!(status.code().is_some_and(|code| code != 0) && text.contains("/no/such/python3"), "{text}");
}

#[test]
fn the_projects_own_environment_is_the_default() {
    let python = venv::python();
    let venv = python.parent().unwrap().parent().unwrap();
    for name in ["venv", ".venv"] {
        let home = project(&[("which.py", "import shop, sys\napp = shop.named(sys.prefix)\n")]);
        std::os::unix::fs::symlink(venv, home.path().join(name)).unwrap();
        let server = serve_in(home.path(), &["which:app"]);
        let told = body(&server.address(), "/");
        assert_eq!(fs::canonicalize(told).unwrap(), fs::canonicalize(venv).unwrap(), "{}", said(&server));
    }
}
