//! Which release of an application served last: a link `served` beside its `current`, for a successor that cannot serve.

use crate::resource::fault::Fault;
use crate::resource::host::{Host, Kind, Look};

/// What the link of this name below `root` points at; none where there is no link.
pub fn target(look: &dyn Look, root: &str, name: &str) -> Result<Option<String>, Fault> {
    Ok(match look.stat(&format!("{root}/{name}"))?.map(|stat| stat.kind) {
        Some(Kind::Link(target)) => Some(target),
        _ => None,
    })
}

/// Notes that what `current` points at serves.
pub fn note(host: &dyn Host, root: &str) -> Result<(), Fault> {
    let current = target(host, root, "current")?;
    match current {
        Some(current) if target(host, root, "served")?.as_ref() != Some(&current) => {
            host.link(&format!("{root}/served"), &current)
        }
        _ => Ok(()),
    }
}

/// Turns `current` back to what served last; where it points then, or none if that is where it pointed.
pub fn turn_back(host: &dyn Host, root: &str) -> Result<Option<String>, Fault> {
    let Some(served) = target(host, root, "served")? else { return Ok(None) };
    let is_there = host.stat(&format!("{root}/{served}"))?.is_some();
    if !is_there || target(host, root, "current")?.as_ref() == Some(&served) {
        return Ok(None);
    }
    host.link(&format!("{root}/current"), &served)?;
    Ok(Some(served))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    #[test]
    fn current_goes_back_to_what_served_last_if_that_is_still_there() {
        let host = FakeHost::default();
        let current = |host: &FakeHost| target(host, "/app", "current").unwrap();
        assert_eq!(turn_back(&host, "/app").unwrap(), None, "nothing served yet");
        for id in ["r1", "r2"] {
            host.put(&format!("/app/releases/{id}/app.py"), "");
        }
        host.link("/app/current", "releases/r1").unwrap();
        note(&host, "/app").unwrap();
        assert_eq!(turn_back(&host, "/app").unwrap(), None, "it points there");
        host.link("/app/current", "releases/r2").unwrap();
        assert_eq!(turn_back(&host, "/app").unwrap(), Some("releases/r1".into()));
        assert_eq!(current(&host), Some("releases/r1".into()));
        host.link("/app/current", "releases/r2").unwrap();
        host.remove("/app/releases/r1").unwrap();
        assert_eq!(turn_back(&host, "/app").unwrap(), None);
        assert_eq!(current(&host), Some("releases/r2".into()));
    }
}
