//! `deployer verify`: the probes alone, from the hosts and from here.

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Common;
use crate::deployer::report;
use crate::deployer::report::Format;
use crate::deployer::run::Mode;
use crate::deployer::stack::Words;

/// Runs the command: exit 5 when a probe fails.
///
/// # Errors
/// Mistakes of the input; then nothing was contacted.
pub fn run(common: &Common, words: Words) -> Result<Exit, Vec<Diagnostic>> {
    let (desk, _) = Desk::rehearsed(&common.input, Secrets::Fetched, words, Mode::Prove)?;
    let (reports, mask) = desk.run(common, Mode::Prove)?;
    if report::chosen(common.format) != Format::Json {
        reports.iter().for_each(|r| say::text(mask.hide(&report::probes(r))));
    }
    report::print(&reports, &common.ending(Mode::Prove, &mask));
    Ok(report::exit(&reports, Mode::Prove))
}
