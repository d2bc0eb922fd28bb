//! A reload as the master does it: the settings are read again, what the new generation needs is opened beside what is
//! open, and what the old one had for itself goes when the new one serves.

use std::rc::Rc;
use std::sync::Arc;

use rustix::process::Signal as Number;

use super::Master;
use super::generation::{Former, Generation, pid_path};
use super::reading::Reading;
use crate::appserver::crew::Event;
use crate::appserver::log::Level;
use crate::appserver::program;
use crate::base::diagnostic::Diagnostic;

impl Master {
    /// Begins to find out what a generation is to be.
    pub(super) fn reread(&mut self, generation: u64) -> Option<Event> {
        self.notify.reloading();
        match Reading::begin(&self.origin, generation) {
            Ok(reading) => {
                self.reading = Some(reading);
                None
            }
            Err(error) => Some(Event::Unplanned(format!("cannot read the settings: {error}"))),
        }
    }

    /// What a generation is to be, as soon as that is known.
    pub(super) fn planned(&mut self) -> Option<Event> {
        let read = self.reading.as_ref()?.result()?;
        let generation = self.reading.take()?.generation;
        if !self.crew.may_start(generation) {
            return None;
        }
        let prepared = read.and_then(|(settings, warnings)| {
            for warning in warnings {
                self.log.write(Level::Warning, &told(&warning));
            }
            let pid_suffix = self.pid_suffix();
            let former = Former {
                pidfile: self.pidfile.as_ref().map(|file| file.path()),
                pid_suffix,
                program: &self.program,
            };
            let mut new = Generation::prepare(settings, &former)?;
            let now = self.generations.get(&self.current);
            new.open(&now.map(|now| now.sockets.clone()).unwrap_or_default(), &mut self.handed)?;
            self.figures.prepare(&new)?;
            Ok(new)
        });
        Some(match prepared {
            Ok(new) => {
                self.greet(&new);
                let plan = new.plan();
                self.settings = Rc::clone(&new.settings);
                self.generations.insert(generation, new);
                self.hook_reload();
                Event::Planned(plan)
            }
            Err(wrong) => Event::Unplanned(told(&wrong)),
        })
    }

    /// From now on this generation serves.
    pub(super) fn take_over(&mut self, generation: u64) {
        let pid_suffix = self.pid_suffix();
        let Some(new) = self.generations.get_mut(&generation) else { return };
        let is_reload = std::mem::replace(&mut self.current, generation) != generation;
        if let Some(name) = &new.settings.proc_name {
            program::take_name(name);
        }
        if is_reload {
            self.desk.renew(&new.settings, pid_suffix, &self.log);
            self.figures.renew(&new.settings);
            if let Ok(log) = new.log(self.figures.statsd(), Arc::clone(&self.desk.complaints)) {
                let old = std::mem::replace(&mut self.log, log);
                // It waits until its last words are delivered, which the loop must not.
                let _ = std::thread::Builder::new().spawn(move || drop(old));
            }
        }
        if self.pidfile.as_ref().map(|file| file.path()) != pid_path(&new.settings, pid_suffix).as_deref() {
            self.pidfile = new.pidfile.take();
        }
    }

    /// Whether somebody still accepts on all sockets of a generation when that is gone.
    pub(super) fn is_continued(&self, generation: u64) -> bool {
        let (Some(gone), Some(now)) =
            (self.generations.get(&generation), self.generations.get(&self.current))
        else {
            return true;
        };
        let stays = |one: &Rc<_>| now.sockets.listeners.iter().any(|other| Rc::ptr_eq(one, other));
        gone.sockets.listeners.iter().all(stays)
    }

    /// Closes what generations shared that are over.
    pub(super) fn forget_generations(&mut self) {
        let is_over = |generation: &&u64| !self.crew.is_needed(**generation);
        let over: Vec<u64> = self.generations.keys().filter(is_over).copied().collect();
        for generation in over {
            self.generations.remove(&generation);
            self.end_zygote(generation, Number::TERM);
        }
    }
}

/// A complaint as a line of the log begins.
pub(super) fn told(said: &Diagnostic) -> String {
    let text = said.to_string();
    ["error: ", "warning: "].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(&text).to_string()
}
