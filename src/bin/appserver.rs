//! The `appserver` binary: the one place that knows both the server and the bundled application.

use std::process::ExitCode;

use axum::Router;
use deployer::appserver;
use deployer::base::diagnostic::Diagnostic;
use deployer::base::exit::Exit;
use deployer::base::say;
use deployer::hbnb::{self, Part, Settings};

fn main() -> ExitCode {
    match appserver::run(std::env::args_os().collect(), usual_bind, load) {
        Ok(text) => {
            say::text(text);
            Exit::Wanted.into()
        }
        Err(wrong) => {
            say::aside(&wrong);
            wrong.exit.into()
        }
    }
}

fn usual_bind(app: &str) -> Option<String> {
    hbnb::settings::api_bind(Part::parse(app).ok()?, |name| std::env::var_os(name).filter(|v| !v.is_empty()))
}

async fn load(app: &str) -> Result<Router, Diagnostic> {
    let part = Part::parse(app)?;
    Ok(hbnb::app(part, &Settings::from_env()?).await?)
}
