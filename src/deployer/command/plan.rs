//! `deployer plan`: connects, compares, prints the differences, changes nothing.

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Common;
use crate::deployer::report;
use crate::deployer::run::Mode;
use crate::deployer::stack::Words;

/// Runs the command: exit 6 when something differs.
///
/// # Errors
/// Mistakes of the input; then nothing was contacted.
pub fn run(common: &Common, words: Words) -> Result<Exit, Vec<Diagnostic>> {
    let (desk, _) = Desk::rehearsed(&common.input, Secrets::Fetched, words, Mode::Look)?;
    let (reports, mask) = desk.run(common, Mode::Look)?;
    report::print(&reports, &common.ending(Mode::Look, &mask));
    Ok(report::exit(&reports, Mode::Look))
}
