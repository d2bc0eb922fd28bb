//! What `playbooks/hardening.yml` leaves to the inventory.

use serde::Deserialize;

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Entries, Node, Spanned};
use crate::resource::config;

/// Enough for a few logins anew, and short enough to be waited for.
const CONFIRM: u16 = 30;

/// What a hardened host opens, and more than the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hardening {
    /// Ports to open beside those of sshd and the sites.
    pub open: Vec<Port>,
    /// Whether addresses that fail to log in are locked out for a while.
    pub fail2ban: bool,
    /// `HH:MM`, when a host that needs it after an upgrade may boot; never if none.
    pub reboot: Option<String>,
    /// Further settings of the kernel.
    pub sysctl: Vec<(String, String)>,
    /// Seconds for a new login to confirm what could lock us out; 5 to 600.
    pub confirm: u16,
}

impl Default for Hardening {
    fn default() -> Self {
        Self { open: Vec::new(), fail2ban: false, reboot: None, sysctl: Vec::new(), confirm: CONFIRM }
    }
}

/// An open port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// 1 to 65535.
    pub number: u16,
    /// What is spoken there.
    pub protocol: Protocol,
}

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    open: Option<Vec<Spanned<String>>>,
    fail2ban: Option<bool>,
    reboot: Option<Spanned<String>>,
    sysctl: Option<Entries<Spanned<String>>>,
    confirm: Option<Spanned<i64>>,
}

/// Reads `hardening`; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Hardening {
    let Some(typed): Option<Typed> = word::decoded("hardening", node, said) else {
        return Hardening::default();
    };
    let reboot = typed.reboot.map(|time| {
        hour_and_minute(&time, said);
        time.value
    });
    Hardening {
        open: typed.open.unwrap_or_default().iter().filter_map(|text| port(text, said)).collect(),
        fail2ban: typed.fail2ban.unwrap_or(false),
        reboot,
        sysctl: typed.sysctl.unwrap_or_default().0.into_iter().map(|entry| setting(entry, said)).collect(),
        confirm: typed.confirm.map_or(CONFIRM, |seconds| confirm(&seconds, said)),
    }
}

fn port(text: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Option<Port> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match protocol {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => None,
    };
    let number = number.parse().ok().filter(|number| *number > 0);
    let port = number.zip(protocol).map(|(number, protocol)| Port { number, protocol });
    if port.is_none() {
        let wrong = format!("`{}` is not a port to open", text.value.escape_debug());
        let label = "1 to 65535, then `/tcp` (the default) or `/udp`";
        said.push(Diagnostic::error(wrong).at(&text.span).label(label).fix("write: open: [8000, 51820/udp]"));
    }
    port
}

fn hour_and_minute(time: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let below = |text: &str, limit: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|n| n < limit);
    if !time.split_once(':').is_some_and(|(hour, minute)| below(hour, 24) && below(minute, 60)) {
        let wrong = format!("`{}` is not a time of the day", time.value.escape_debug());
        said.push(Diagnostic::error(wrong).at(&time.span).fix("write it in quotes: reboot: \"04:30\""));
    }
}

fn setting(
    (name, value): (Spanned<String>, Spanned<String>),
    said: &mut Vec<Diagnostic>,
) -> (String, String) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !name.contains('.') || !name.chars().all(fits) {
        let wrong = format!("`{}` cannot be a setting of the kernel", name.value.escape_debug());
        said.push(Diagnostic::error(wrong).at(&name.span).label("like `net.ipv4.ip_forward`"));
    }
    word::given(&format!("the setting `{}`", name.value.escape_debug()), &value, said);
    if value.contains(char::is_control) {
        let wrong = format!("the setting `{}` is not one line", name.value.escape_debug());
        said.push(Diagnostic::error(wrong).at(&value.span).fix("write its values with blanks between"));
    }
    (name.value, value.value)
}

fn confirm(seconds: &Spanned<i64>, said: &mut Vec<Diagnostic>) -> u16 {
    u16::try_from(seconds.value).ok().filter(|s| config::CONFIRM.contains(s)).unwrap_or_else(|| {
        let (least, most) = config::CONFIRM.into_inner();
        let wrong = format!("{} is not a time to confirm in", seconds.value);
        said.push(Diagnostic::error(wrong).at(&seconds.span).label(format!("{least} to {most} seconds")));
        CONFIRM
    })
}
