//! One run at a time on a host: a lock that the kernel releases when its holder dies.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::resource::fault::Fault;

/// Where the lock lies; `/run` is empty after a boot.
const PATH: &str = "/run/deployer.lock";

/// Takes the lock, waiting at most `patience`; it is held until the file is dropped.
///
/// # Errors
/// Says who holds it, when the wait is over.
pub fn take(who: &str, patience: Duration) -> Result<File, Fault> {
    let fault = |error: std::io::Error| Fault::io("lock", PATH, &error);
    let mut options = File::options();
    // Whoever can open it can hold it.
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(PATH).map_err(fault)?;
    let deadline = Instant::now() + patience;
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() >= deadline {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(fault)?;
            return Err(Fault::new(format!("another run holds this host's lock: {}", holder.trim())).fix(
                "wait for it to end, then run the same command again (or wait longer: --lock-wait SECONDS)",
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(fault)?;
    writeln!(file, "{who}").map_err(fault)?;
    Ok(file)
}
