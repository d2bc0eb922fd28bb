//! What is served, and where the settings come from.

use crate::appserver::app::App;
use crate::appserver::settings::Settings;
use crate::appserver::settings::table::{Act, Form, ROW, Setting};
use crate::appserver::settings::value::Misfit;

/// The rows.
pub const ROWS: [Setting; 6] = [
    Setting {
        name: "config",
        form: Form::Value("CONFIG"),
        long: &["config"],
        short: Some('c'),
        meaning: "The configuration: PATH, file:PATH or python:MODULE; YAML by its ending, else Python",
        default: "./gunicorn.conf.py for a WSGI application, else ./appserver.yml, if it is there",
        example: "python:site_config",
        differs: "also YAML",
        act: Act::Kept(|s| &mut s.config),
        ..ROW
    },
    Setting {
        name: "wsgi_app",
        form: Form::Position("APP"),
        meaning: "The application: MODULE, MODULE:NAME, MODULE:CALL(…) of Python, or @NAME",
        example: "shop.wsgi:create_app('live')",
        default: "none",
        differs: "also @NAME, an application that is part of this program",
        act: Act::Kept(|s| &mut s.app),
        check: |s| Ok(App::parse(&s.app).map(drop)?),
        ..ROW
    },
    Setting {
        name: "mount",
        form: Form::Values("PREFIX"),
        long: &["mount"],
        meaning: "The path under which the application answers, like /shop; may be repeated",
        default: "/",
        example: "/shop",
        is_ours: true,
        act: Act::Kept(|s| &mut s.mount),
        check: prefixes,
        ..ROW
    },
    Setting {
        name: "slashes",
        form: Form::Values("WORD:PATH"),
        long: &["slashes"],
        meaning: "A path, as clients ask for it, that has one form: redirect:/shop/ answers /shop with 308 to /shop/, \
                  exact:/shop/ answers it with 404; may be repeated",
        default: "both forms of every path are the application's to answer",
        example: "redirect:/shop/",
        is_ours: true,
        act: Act::Kept(|s| &mut s.slashes),
        ..ROW
    },
    Setting {
        name: "check_config",
        form: Form::Switch(true),
        long: &["check-config"],
        meaning: "Read the settings and load the application, then leave",
        act: Act::Kept(|s| &mut s.check_config),
        example: "true",
        ..ROW
    },
    Setting {
        name: "print_config",
        form: Form::Switch(true),
        long: &["print-config"],
        meaning: "The same, and print every setting and where it comes from",
        act: Act::Kept(|s| &mut s.print_config),
        example: "true",
        ..ROW
    },
];

fn prefixes(settings: &Settings) -> Result<(), Misfit> {
    let fits = |prefix: &String| {
        let is_root = prefix == "/";
        let segments = prefix.strip_prefix('/').filter(|rest| !rest.is_empty());
        is_root
            || segments.is_some_and(|rest| {
                rest.split('/').all(|segment| !["", ".", ".."].contains(&segment))
                    && !rest.contains(['?', '#', '%'])
            })
    };
    match settings.mount.iter().find(|prefix| !fits(prefix)) {
        Some(_) => Misfit::wanted("a path like `/shop`: a slash in front, none at the end, nothing encoded"),
        None => Ok(()),
    }
}
