//! The process: where it works, as whom, and what it leaves on the disk.

use crate::appserver::settings::Settings;
use crate::appserver::settings::table::{Act, Form, ROW, Setting};
use crate::appserver::settings::value::Misfit;

/// The rows.
pub const ROWS: [Setting; 12] = [
    Setting {
        name: "chdir",
        form: Form::Value("DIR"),
        long: &["chdir"],
        meaning: "The folder to work in; the application's modules are looked for there",
        example: "/",
        act: Act::Kept(|s| &mut s.chdir),
        ..ROW
    },
    Setting {
        name: "daemon",
        form: Form::Switch(true),
        long: &["daemon"],
        short: Some('D'),
        meaning: "Go to the background",
        example: "true",
        act: Act::Kept(|s| &mut s.daemon),
        ..ROW
    },
    Setting {
        name: "pidfile",
        form: Form::Value("PATH"),
        long: &["pid"],
        short: Some('p'),
        meaning: "A file to write the master's process id to",
        example: "/run/site.pid",
        act: Act::Kept(|s| &mut s.pidfile),
        ..ROW
    },
    Setting {
        name: "user",
        form: Form::Value("USER"),
        long: &["user"],
        short: Some('u'),
        meaning: "Whom the workers run as, by name or number",
        default: "who starts the server",
        example: "www-data",
        act: Act::Kept(|s| &mut s.user),
        ..ROW
    },
    Setting {
        name: "group",
        form: Form::Value("GROUP"),
        long: &["group"],
        short: Some('g'),
        meaning: "Their group, by name or number",
        default: "the group of who starts the server",
        example: "www-data",
        act: Act::Kept(|s| &mut s.group),
        ..ROW
    },
    Setting {
        name: "initgroups",
        form: Form::Switch(true),
        long: &["initgroups"],
        meaning: "Give the workers all groups of their user",
        example: "true",
        act: Act::Kept(|s| &mut s.initgroups),
        ..ROW
    },
    Setting {
        name: "umask",
        form: Form::Value("MODE"),
        long: &["umask"],
        short: Some('m'),
        meaning: "The mode mask of the processes and of the files and sockets they make, octal like 027; 0 masks nothing of a socket, and leaves the rest as it is",
        example: "027",
        differs: "a text without a leading zero is refused, not taken for a decimal number",
        act: Act::Kept(|s| &mut s.umask),
        ..ROW
    },
    Setting {
        name: "worker_tmp_dir",
        form: Form::Value("DIR"),
        long: &["worker-tmp-dir"],
        meaning: "Taken, and without effect: no worker needs a file to show that it lives",
        example: "/dev/shm",
        differs: "without effect",
        act: Act::Kept(|s| &mut s.worker_tmp_dir),
        ..ROW
    },
    Setting {
        name: "tmp_upload_dir",
        meaning: "Where large bodies are kept while they arrive",
        default: "$TMPDIR, or /tmp",
        example: "/var/tmp",
        act: Act::Kept(|s| &mut s.tmp_upload_dir),
        ..ROW
    },
    Setting {
        name: "sendfile",
        form: Form::Switch(false),
        long: &["no-sendfile"],
        meaning: "Let the kernel send files; the option turns it off",
        default: "true, or $SENDFILE",
        example: "false",
        act: Act::Kept(|s| &mut s.sendfile),
        ..ROW
    },
    Setting {
        name: "proc_name",
        form: Form::Value("NAME"),
        long: &["name"],
        short: Some('n'),
        meaning: "What the processes are called: the last argument of each worker in `ps`, and the short name in `top`",
        default: "the application's name",
        example: "shop",
        act: Act::Kept(|s| &mut s.proc_name),
        check: one_line,
        ..ROW
    },
    Setting {
        name: "default_proc_name",
        meaning: "Gunicorn's own name of its processes",
        default: "gunicorn",
        example: "shop",
        act: Act::Refused("use `proc_name`"),
        ..ROW
    },
];

fn one_line(settings: &Settings) -> Result<(), Misfit> {
    match settings.proc_name.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
        true => Misfit::wanted("a name on one line"),
        false => Ok(()),
    }
}
