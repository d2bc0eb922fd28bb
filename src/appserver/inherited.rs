//! Descriptors named by hand (`--bind fd://N`), taken the way systemd's are.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;

use listenfd::ListenFd;

use super::bind::Bind;
use super::listener::FIRST_FD;
use super::program;
use super::settings::Settings;
use crate::base::diagnostic::Diagnostic;

/// The variables of socket activation; they speak to the master alone.
pub const VARIABLES: [&str; 4] = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_FDS_FIRST_FD"];

/// Takes what was handed over; it can be taken only once.
///
/// If the settings name a descriptor that the environment does not announce, becomes the same program once more
/// (same process id) with an environment that does: a number alone cannot be turned into a socket safely.
pub fn take(args: &[OsString], settings: &Settings) -> Result<ListenFd, Diagnostic> {
    let announced = ListenFd::from_env();
    let named = settings.bind.iter().filter_map(|bind| match bind {
        Bind::Fd(number) => Some(number - FIRST_FD + 1),
        _ => None,
    });
    let needed = named.max().unwrap_or(0);
    if needed as usize <= announced.len() {
        return Ok(announced);
    }
    let error = program::again(args)
        .env("LISTEN_FDS", needed.to_string())
        .env("LISTEN_PID", std::process::id().to_string())
        .env_remove("LISTEN_FDS_FIRST_FD")
        .exec();
    Err(Diagnostic::error(format!("cannot take `fd://{}`: {error}", needed - 1 + FIRST_FD)))
}
