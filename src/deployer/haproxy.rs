//! From which version on HAProxy can do something.
//! Source: <https://docs.haproxy.org/>

use super::nginx::Version;
use super::stack::{Program, Stack};
use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::deployer::os;

/// A request that a host did not answer is asked of another one, `retry-on`.
pub const RETRIES: Version = [2, 0, 0];
/// Checks say their headers by themselves, `http-check send`; and there are random numbers for requests, `uuid`.
pub const SENDS: Version = [2, 2, 0];
/// Rules of headers hold for its own answers too, `http-after-response`.
pub const AFTER: Version = [2, 2, 0];

/// Why a host cannot balance by the HAProxy of its release.
pub fn refusal(stack: &Stack, facts: &Facts) -> Option<Diagnostic> {
    let [major, minor, _] = Some(os::haproxy(facts)).filter(|version| *version < RETRIES)?;
    let asking = stack.sites.iter().filter_map(|site| site.balance.as_ref());
    let at = asking.map(|balance| &balance.with).find(|with| with.value == Program::Haproxy)?;
    let error = Diagnostic::error(format!("{}: its HAProxy is too old to balance", facts.hostname));
    let label = format!("it has {major}.{minor}; only 2.0 and newer ask another host when one is lost");
    Some(error.at(&at.span).label(label).fix("write `with: nginx`, or take Ubuntu 20.04, Debian 11 or newer"))
}
