//! The interpreter of a WSGI application, and what it finds.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};
use crate::appserver::settings::value::Misfit;

/// The rows.
pub const ROWS: [Setting; 6] = [
    Setting {
        name: "python",
        form: Form::Value("PATH"),
        long: &["python"],
        meaning: "The interpreter (3.5 or newer)",
        default: "$VIRTUAL_ENV/bin/python3, or ./venv or ./.venv in the folder of `chdir`, or python3 of $PATH",
        example: "/usr/bin/python3",
        is_ours: true,
        act: Act::Kept(|s| &mut s.python),
        ..ROW
    },
    Setting {
        name: "pythonpath",
        form: Form::Value("PATHS"),
        long: &["pythonpath"],
        meaning: "Folders to look for modules in first, with commas between",
        example: "/srv/lib,/srv/more",
        act: Act::Kept(|s| &mut s.pythonpath),
        ..ROW
    },
    Setting {
        name: "preload_app",
        form: Form::Switch(true),
        long: &["preload"],
        meaning: "Import the application once, before the workers, which then share its memory",
        example: "true",
        differs: "a reload imports it anew",
        act: Act::Kept(|s| &mut s.preload_app),
        ..ROW
    },
    Setting {
        name: "raw_env",
        form: Form::Values("NAME=VALUE"),
        long: &["env"],
        short: Some('e'),
        meaning: "A variable for the application; may be repeated",
        example: "STAGE=live",
        is_secret: true,
        act: Act::Kept(|s| &mut s.raw_env),
        check: |s| pairs(&s.raw_env),
        ..ROW
    },
    Setting {
        name: "paste",
        form: Form::Value("PATH"),
        long: &["paste", "paster"],
        meaning: "Load the application of a PasteDeploy file, PATH or PATH#NAME",
        example: "production.ini#main",
        act: Act::Kept(|s| &mut s.paste),
        ..ROW
    },
    Setting {
        name: "raw_paste_global_conf",
        form: Form::Values("NAME=VALUE"),
        long: &["paste-global"],
        meaning: "A value for that file; may be repeated",
        example: "debug=false",
        act: Act::Kept(|s| &mut s.raw_paste_global_conf),
        check: |s| pairs(&s.raw_paste_global_conf),
        ..ROW
    },
];

/// What is wrong is not told: it may be a secret.
fn pairs(given: &[String]) -> Result<(), Misfit> {
    let fits = |pair: &String| pair.split_once('=').is_some_and(|(name, _)| !name.trim().is_empty());
    match given.iter().all(fits) {
        true => Ok(()),
        false => Misfit::wanted("NAME=VALUE"),
    }
}
