//! The `appserver` binary: the one place that knows both the server and the bundled application.

use std::process::ExitCode;

use axum::{Router, routing::get};
use deployer::appserver;
use deployer::base::diagnostic::Diagnostic;
use deployer::base::exit::Exit;

fn main() -> ExitCode {
    match appserver::run(std::env::args_os().collect(), load) {
        Ok(text) => {
            print!("{text}");
            Exit::Wanted.into()
        }
        Err(wrong) => {
            eprintln!("{wrong}");
            wrong.exit.into()
        }
    }
}

async fn load(app: &str) -> Result<Router, Diagnostic> {
    match app {
        "@hbnb/onepage" => Ok(Router::new().route("/airbnb-onepage/", get("Hello HBNB!"))),
        _ => Err(Diagnostic::error(format!("unknown application `{app}`")).fix("`@hbnb/onepage`")),
    }
}
