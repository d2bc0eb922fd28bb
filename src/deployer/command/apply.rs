//! `deployer apply`: makes it so, then proves it.

use clap::Args;

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::command;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Common;
use crate::deployer::report;
use crate::deployer::run::Mode;
use crate::deployer::stack::Words;

/// What it takes.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Only look: the same as `plan`
    #[arg(long)]
    check: bool,
}

/// Runs the command.
///
/// # Errors
/// Mistakes of the input; then nothing was contacted.
pub fn run(arguments: &Arguments, words: Words) -> Result<Exit, Vec<Diagnostic>> {
    if arguments.check {
        return command::plan::run(&arguments.common, words);
    }
    let common = &arguments.common;
    let (desk, _) = Desk::rehearsed(&common.input, Secrets::Fetched, words, Mode::Change)?;
    let (reports, mask) = desk.run(common, Mode::Change)?;
    report::print(&reports, &common.ending(Mode::Change, &mask));
    Ok(report::exit(&reports, Mode::Change))
}
