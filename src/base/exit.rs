//! Every way to exit, as documented in the README.

use std::process::ExitCode;

/// How a run ended; the number is the process's exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is as wanted, or was changed into it.
    Wanted = 0,
    /// A bug of ours.
    Bug = 1,
    /// The user's input is wrong (arguments, YAML, template); nothing was contacted.
    Input = 2,
    /// A host could not be reached.
    Unreachable = 3,
    /// A step failed, or still differs after it was applied.
    Failed = 4,
    /// A probe failed.
    Probe = 5,
    /// `plan` found differences.
    Differs = 6,
    /// What a host was changed into did not hold; what was there before is there again.
    RolledBack = 7,
}

impl Exit {
    /// Of a server: it did not get as far as to load the application, because a hook of its configuration failed.
    pub const UNBOOTED: Self = Self::Unreachable;

    /// What a part of a server that ended with this status wants the whole to end with.
    pub fn of_part(status: u8) -> Self {
        let known = [Self::Input, Self::UNBOOTED];
        known.into_iter().find(|exit| *exit as u8 == status).unwrap_or(Self::Failed)
    }

    /// From good to bad: what a run of many hosts, each with its own end, exits with.
    const SEVERITY: [Self; 8] = [
        Self::Wanted,
        Self::Differs,
        Self::Probe,
        Self::RolledBack,
        Self::Failed,
        Self::Unreachable,
        Self::Input,
        Self::Bug,
    ];

    /// The worst of several ends; none of none.
    pub fn worst(ends: impl IntoIterator<Item = Self>) -> Option<Self> {
        ends.into_iter().max_by_key(|end| Self::SEVERITY.iter().position(|s| s == end))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_was_not_reached_is_worse_than_a_probe_that_failed() {
        assert_eq!(Exit::worst([Exit::Probe, Exit::Unreachable, Exit::Wanted]), Some(Exit::Unreachable));
        assert_eq!(Exit::worst([Exit::Differs, Exit::Wanted]), Some(Exit::Differs));
        assert_eq!(Exit::worst([]), None);
    }
}
