//! How much, how long and how often clients of a site may ask, as templates see it.

use serde_json::{Value, json};

use crate::deployer::stack::{App, Run, Site};

/// Seconds of a request in a worker, and in the queue before it, where the app's settings say nothing.
const WORK: u64 = 30;
const QUEUE: u64 = 30;
/// Seconds by which Nginx is more patient than the application server, which knows better how to say it.
const PATIENCE: u64 = 5;
/// Seconds of a request at the hosts behind a balancer, which give up by their own limits.
pub const BEHIND: u32 = 300;
/// Seconds that stand for ever.
const FOR_EVER: u64 = 86_400;
/// Seconds that a WebSocket may be silent.
const SILENCE: u64 = 3_600;

/// The limits of a site with these apps.
pub fn values(site: &Site, id: &str, apps: &[&App]) -> Value {
    let derived =
        if site.balance.is_some() || apps.iter().any(|app| takes_pictures(&app.run)) { "6m" } else { "1m" };
    let behind = site.balance.iter().map(|_| u64::from(BEHIND));
    let slowest = apps.iter().map(|app| patience(app)).chain(behind).max().unwrap_or(WORK + QUEUE + PATIENCE);
    let read = site.timeouts.read.map_or(slowest, u64::from);
    let rate = site.rate_limit.as_ref();
    json!({
        "body": site.body_size.as_deref().unwrap_or(derived),
        "connect": site.timeouts.connect,
        "send": site.timeouts.send,
        "read": read,
        "silence": read.max(SILENCE),
        "rate": rate.map(|limit| json!({ "zone": format!("{id}_rate"), "rate": limit.rate, "burst": limit.burst })),
    })
}

/// Hosts send pictures of up to 5 MB to the bundled pages.
fn takes_pictures(run: &Run) -> bool {
    matches!(run, Run::Hbnb | Run::Web)
}

/// Seconds after which the application server has answered for sure, whatever became of the request.
fn patience(app: &App) -> u64 {
    let setting = |name: &str, otherwise: u64| {
        let seconds = app.settings.get(name).and_then(|value| value.parse().ok()).unwrap_or(otherwise);
        if seconds == 0 { FOR_EVER } else { seconds }
    };
    let answered = setting("timeout", WORK).saturating_add(setting("queue_timeout", QUEUE));
    answered.saturating_add(PATIENCE).min(FOR_EVER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::inventory::Inventory;
    use crate::deployer::stack::Stack;

    #[test]
    fn an_app_beside_a_group_leaves_the_group_its_time() {
        let read = |vars: &str| {
            let file = tempfile::NamedTempFile::new().unwrap();
            let vars = vars.replace('\n', "\n    ");
            std::fs::write(file.path(), format!("all:\n  hosts: {{ web-01: }}\n  vars:\n    {vars}\n"))
                .unwrap();
            let host = Inventory::load(file.path(), &[]).unwrap().hosts.remove(0);
            let Stack { apps, sites, .. } = Stack::of(&host, |_| Ok(Vec::new())).unwrap();
            values(&sites[0], "deployer", &apps.iter().collect::<Vec<_>>())["read"].clone()
        };
        let app = "apps: { a: { run: '@hbnb', routes: [{ path: /a/ }] } }";
        assert_eq!((read(app), read("site: { balance: { group: x } }")), (65.into(), 300.into()));
        assert_eq!(read(&format!("{app}\nsite: {{ balance: {{ group: x }} }}")), 300);
        let slow = app.replace("routes", "settings: { timeout: 600 }, routes");
        assert_eq!(read(&format!("{slow}\nsite: {{ balance: {{ group: x }} }}")), 635);
    }
}
