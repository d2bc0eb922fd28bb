//! What happens, while it happens: bars on a terminal, lines elsewhere.

use std::collections::BTreeMap;
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::base::say;
use crate::base::secret::Mask;
use crate::deployer::run::Watch;
use crate::resource::converge::{Change, Outcome};

/// Says nothing.
pub struct Silence;

impl Watch for Silence {
    fn batch(&self, _: (usize, usize), _: &[&str]) {}
    fn aside(&self, _: &str, _: &str) {}
    fn planned(&self, _: &str, _: usize) {}
    fn started(&self, _: &str, _: usize, _: &str) {}
    fn finished(&self, _: &str, _: &str, _: &Outcome) {}
    fn sending(&self, _: &str, _: usize) {}
    fn done(&self, _: &str) {}
}

/// A line per finished step that changed or failed, with its time (UTC).
pub struct Lines {
    mask: Mask,
}

impl Lines {
    /// Lines with secrets hidden by `mask`.
    pub fn new(mask: Mask) -> Self {
        Self { mask }
    }

    fn say(&self, host: &str, text: &str) {
        let now = jiff::Timestamp::now().strftime("%H:%M:%S");
        say::aside(format_args!("{now} {host}: {}", self.mask.hide(text)));
    }
}

impl Watch for Lines {
    fn batch(&self, (number, of): (usize, usize), hosts: &[&str]) {
        self.say(&format!("batch {number} of {of}"), &hosts.join(", "));
    }

    fn aside(&self, host: &str, text: &str) {
        self.say(host, text);
    }

    fn planned(&self, _: &str, _: usize) {}

    fn started(&self, _: &str, _: usize, _: &str) {}

    fn finished(&self, host: &str, name: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Unchanged => {}
            Outcome::Changed(changes) => self.say(host, &format!("changed {name}: {}", brief(changes))),
            Outcome::Failed(fault) => self.say(host, &format!("failed {name}: {fault}")),
            Outcome::Undone(fault) => self.say(host, &format!("undone {name}: {fault}")),
        }
    }

    fn sending(&self, host: &str, bytes: usize) {
        self.say(host, &sending(bytes));
    }

    fn done(&self, _: &str) {}
}

/// What changed, in a few words.
fn brief(changes: &[Change]) -> String {
    let words = changes.iter().map(|c| match c.text_of() {
        Some(whose) => {
            let done = if c.from.is_empty() { "written" } else { "rewritten" };
            whose.map_or(done.to_string(), |name| format!("{name} {done}"))
        }
        None => format!("{} {} → {}", c.what, c.from, c.to),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A bar a host.
pub struct Bars {
    all: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
    mask: Mask,
}

impl Bars {
    /// Bars with secrets hidden by `mask`.
    pub fn new(mask: Mask) -> Self {
        Self { all: MultiProgress::new(), bars: Mutex::default(), mask }
    }

    fn with(&self, host: &str, act: impl FnOnce(&ProgressBar)) {
        if let Ok(bars) = self.bars.lock()
            && let Some(bar) = bars.get(host)
        {
            act(bar);
        }
    }
}

impl Watch for Bars {
    fn batch(&self, (number, of): (usize, usize), hosts: &[&str]) {
        drop(self.all.println(format!("batch {number} of {of}: {}", hosts.join(", "))));
    }

    fn aside(&self, host: &str, text: &str) {
        drop(self.all.println(self.mask.hide(&format!("{host}: {text}"))));
    }

    fn planned(&self, host: &str, steps: usize) {
        let bar = self.all.add(ProgressBar::new(steps as u64));
        let style =
            ProgressStyle::with_template("{prefix:<12} {bar:24} {pos:>3}/{len} {elapsed:>4} {wide_msg}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_prefix(host.to_string());
        if let Ok(mut bars) = self.bars.lock() {
            bars.insert(host.to_string(), bar);
        }
    }

    fn started(&self, host: &str, index: usize, name: &str) {
        self.with(host, |bar| {
            bar.set_position(index as u64);
            bar.set_message(self.mask.hide(name));
        });
    }

    fn finished(&self, host: &str, name: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Unchanged => {}
            Outcome::Changed(changes) => {
                let line = self.mask.hide(&format!("{host}: changed {name}: {}", brief(changes)));
                // A terminal that went away misses a line; the run goes on.
                drop(self.all.println(line));
            }
            Outcome::Failed(_) | Outcome::Undone(_) => {
                self.with(host, |bar| bar.abandon_with_message(format!("failed: {}", self.mask.hide(name))));
            }
        }
    }

    fn sending(&self, host: &str, bytes: usize) {
        self.with(host, |bar| bar.set_message(sending(bytes)));
    }

    fn done(&self, host: &str) {
        self.with(host, |bar| {
            if !bar.is_finished() {
                bar.set_position(bar.length().unwrap_or(0));
                bar.finish_with_message("done");
            }
        });
    }
}

/// Code has kilobytes, programs have megabytes.
fn sending(bytes: usize) -> String {
    match bytes {
        0..100_000 => format!("sending {} kB", bytes.div_ceil(1000)),
        _ => format!("sending {:.1} MB", bytes as f64 / 1e6),
    }
}
