//! The service manager's ear: sd_notify's datagrams, written by hand because they are five lines of text.
//! Format: <https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The variables that speak to the master alone; no worker inherits them.
pub const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// Where to send; silent when no service manager listens.
pub struct Notify {
    target: Option<(UnixDatagram, SocketAddr)>,
    /// How often the watchdog wants to hear of us: half of its limit.
    pub watchdog: Option<Duration>,
}

impl Notify {
    /// Tells nobody.
    pub fn silent() -> Self {
        Self { target: None, watchdog: None }
    }

    /// Reads `NOTIFY_SOCKET` (a path, or `@name` for an abstract socket) and the watchdog's variables.
    pub fn from_environment(environment: impl Fn(&str) -> Option<String>) -> Self {
        let target = environment("NOTIFY_SOCKET").and_then(|name| {
            let address = match name.strip_prefix('@') {
                Some(name) => SocketAddr::from_abstract_name(name),
                None => SocketAddr::from_pathname(&name),
            };
            Some((UnixDatagram::unbound().ok()?, address.ok()?))
        });
        let ours = environment("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let limit = environment("WATCHDOG_USEC").and_then(|usec| usec.parse().ok()).filter(|usec| *usec > 0);
        let watchdog = limit.filter(|_| ours && target.is_some()).map(|usec| Duration::from_micros(usec) / 2);
        Self { target, watchdog }
    }

    /// Everything is ready; `status` is for people.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// A reload began; `ready` ends it.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let usec = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={usec}\nSTATUS=reloading"));
    }

    /// Another process is the main one from now on, and all is well there.
    pub fn main_is(&self, pid: u32, status: &str) {
        self.send(&format!("MAINPID={pid}\nREADY=1\nSTATUS={status}"));
    }

    /// The end began.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping");
    }

    /// We are well.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// A start or a stop takes longer: be patient for another `span`.
    pub fn patience(&self, span: Duration) {
        self.send(&format!("EXTEND_TIMEOUT_USEC={}", span.as_micros()));
    }

    fn send(&self, text: &str) {
        if let Some((socket, address)) = &self.target {
            // A service manager that does not listen is no reason to stop serving.
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abstract_socket_hears_us() {
        let name = format!("deployer-notify-{}", std::process::id());
        let ear = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let notify = Notify::from_environment(|key| match key {
            "NOTIFY_SOCKET" => Some(format!("@{name}")),
            "WATCHDOG_USEC" => Some("3000000".into()),
            _ => None,
        });
        notify.ready("2 workers");
        let mut heard = [0; 256];
        let length = ear.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1\nSTATUS=2 workers");
        assert_eq!(notify.watchdog, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn the_watchdog_of_another_process_is_not_ours() {
        let notify = Notify::from_environment(|key| match key {
            "NOTIFY_SOCKET" => Some("@x".into()),
            "WATCHDOG_USEC" => Some("3000000".into()),
            "WATCHDOG_PID" => Some("1".into()),
            _ => None,
        });
        assert_eq!(notify.watchdog, None);
    }
}
