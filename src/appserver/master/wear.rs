//! How old and how large workers are: who has had its time is spent, and of who was killed it is told how large it was.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use super::Master;
use crate::appserver::crew::{Event, Id, Reason, Role};
use crate::appserver::process;

/// How often workers are weighed.
const WEIGHED_EVERY: Duration = Duration::from_secs(2);
/// Of how many processes the kernel says that it killed them for want of memory.
const KILLED: &str = "oom_kill ";

/// What is known of the wear of one worker.
#[derive(Debug, Default)]
pub struct Wear {
    /// When it has had its time, once it serves.
    expires: Option<Duration>,
    /// The memory it had when it was last weighed.
    bytes: u64,
    /// Whether it was already said to be spent.
    is_spent: bool,
}

/// The ages and sizes of all, as far as the master keeps them.
#[derive(Debug)]
pub struct Scales {
    next: Duration,
    /// How many processes of our group the kernel killed, as far as we know.
    killed: Option<u64>,
}

impl Scales {
    /// Scales on which nobody was yet.
    pub fn new() -> Self {
        Self { next: Duration::ZERO, killed: killed() }
    }

    /// How a worker ended that we did not kill, in more words.
    pub fn explain(&mut self, how: String, wear: &Wear, was_ours: bool) -> String {
        let before = self.killed;
        self.killed = killed();
        if was_ours || !how.ends_with("signal 9") {
            return how;
        }
        let size =
            if wear.bytes > 0 { format!("; it last had {}", shown(wear.bytes)) } else { String::new() };
        format!("{how}{size}{}", reason(before, self.killed))
    }
}

/// Whether the kernel killed a process, from how many it had killed before and has now, if that is known.
fn reason(before: Option<u64>, now: Option<u64>) -> String {
    match (before, now) {
        (Some(before), Some(now)) if now > before => {
            format!("; the kernel killed it for want of memory ({KILLED}{now})")
        }
        (Some(_), Some(_)) => String::new(),
        _ => "; perhaps the kernel did, for want of memory".into(),
    }
}

/// A number from 0 to `most`.
pub fn by_chance(most: u64) -> u64 {
    RandomState::new().build_hasher().finish() % most.saturating_add(1).max(1)
}

impl Master {
    /// A worker begins to serve.
    pub(super) fn ages(&mut self, id: Id) {
        let now = self.now();
        let Some(hand) = self.hands.get_mut(&id) else { return };
        hand.is_serving = true;
        hand.wear.bytes = process::memory(hand.number()).unwrap_or_default();
        let Some(shared) = self.generations.get(&hand.generation) else { return };
        let settings = &shared.settings;
        if settings.worker_lifetime > 0 && hand.role != Role::Front {
            let span = settings.worker_lifetime + by_chance(settings.worker_lifetime_jitter);
            hand.wear.expires = Some(now + Duration::from_secs(span));
        }
    }

    /// Workers that have had their time, or grew too large.
    pub(super) fn spent(&mut self) -> Vec<Event> {
        let now = self.now();
        let weighs = now >= self.scales.next;
        if weighs {
            self.scales.next = now + WEIGHED_EVERY;
        }
        let mut events = Vec::new();
        for (id, hand) in self.hands.iter_mut().filter(|(_, hand)| hand.role != Role::Front) {
            let Some(shared) = self.generations.get(&hand.generation) else { continue };
            if weighs {
                hand.wear.bytes = process::memory(hand.number()).unwrap_or(hand.wear.bytes);
            }
            let most = shared.settings.max_rss.0;
            let (reason, why) = if hand.wear.expires.is_some_and(|end| now >= end) {
                let span = shared.settings.worker_lifetime;
                (Reason::Lifetime, format!("it served for {span} s (worker_lifetime)"))
            } else if most > 0 && hand.wear.bytes > most {
                let (has, may) = (shown(hand.wear.bytes), shown(most));
                (Reason::Memory, format!("it has {has} of memory, and may have {may} (max_rss)"))
            } else {
                continue;
            };
            // One that boots is weighed again when it serves.
            if hand.is_serving && !hand.wear.is_spent {
                hand.wear.is_spent = true;
                events.push(Event::Spent(*id, reason, why));
            }
        }
        events
    }
}

/// How many processes of our control group the kernel killed for want of memory, if that can be read.
fn killed() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let texts = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let file = match controllers {
            "" => format!("/sys/fs/cgroup{path}/memory.events"),
            _ if controllers.split(',').any(|one| one == "memory") => {
                format!("/sys/fs/cgroup/memory{path}/memory.oom_control")
            }
            _ => return None,
        };
        fs::read_to_string(file).ok()
    });
    texts.filter_map(|text| text.lines().find_map(|line| line.strip_prefix(KILLED)?.parse().ok())).next()
}

fn shown(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_killed_by_others_is_told_with_its_size_and_with_the_kernels_reason() {
        let wear = Wear { bytes: 300 << 20, ..Wear::default() };
        let how = || "was killed by signal 9".to_string();
        let explain =
            |killed, was_ours| Scales { next: Duration::ZERO, killed }.explain(how(), &wear, was_ours);
        assert_eq!(explain(None, true), how());
        let told = explain(killed(), false);
        assert!(told.starts_with("was killed by signal 9; it last had 300 MB"), "{told}");
        let lack = "; the kernel killed it for want of memory (oom_kill 4)";
        assert_eq!([reason(Some(3), Some(4)), reason(Some(4), Some(4))], [lack, ""]);
        for (before, now) in [(None, Some(4)), (Some(4), None), (None, None)] {
            assert_eq!(reason(before, now), "; perhaps the kernel did, for want of memory");
        }
    }

    #[test]
    fn chance_stays_within_its_bounds() {
        assert_eq!(by_chance(0), 0);
        assert!((0..100).all(|_| by_chance(3) <= 3));
        by_chance(u64::MAX);
    }
}
