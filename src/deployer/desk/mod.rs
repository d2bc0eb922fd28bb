//! Everything a command works with: inventory, playbook, templates, secrets, programs; read and checked before
//! anything is contacted.

mod rehearsal;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agent::facts::Facts;
use crate::agent::wire::Plan;
use crate::base::diagnostic::{Diagnostic, Level, add, kept};
use crate::base::exit::Exit;
use crate::base::say;
use crate::base::secret::{self, Mask};
use crate::base::template::{Templates, Values};
use crate::resource::app::release::Payload;

use super::balance::{self, Link};
use super::code::Shelf;
use super::control::Control;
use super::interrupt::{self, Interrupt};
use super::inventory::{Host, Inventory};
use super::options::{Common, Input};
use super::payload::Binaries;
use super::playbook::{self, Compiled, Playbook, TaskContext};
use super::refusal::refusals;
use super::review::{self, Found, Review};
use super::rolling::rolling;
use super::run::{self, Balancer, Front, Job, Mode, Options, Report};
use super::stack::{Stack, Words, Wsgi};
use super::target::Target;
use super::values::Scene;
use super::{payload, reach, report, values};

/// What a command reads before it does anything.
pub struct Desk {
    /// The whole inventory.
    pub inventory: Inventory,
    /// The hosts that were chosen.
    pub hosts: Vec<Host>,
    /// The playbook.
    pub playbook: Playbook,
    /// Hides secrets in every text that leaves.
    pub mask: Mask,
    templates: Templates,
    stacks: BTreeMap<String, Stack>,
    /// Who passes requests on to whom.
    links: Vec<Link>,
    /// The code of Python applications.
    shelf: Shelf,
    programs: Vec<Payload>,
    /// What was found in what people brought themselves; the warnings among it were told, or are at the end of the run.
    found: Mutex<Vec<Found>>,
    who: String,
    /// Seconds to wait for another run's lock; known when hosts are contacted.
    lock_wait: u64,
}

/// What the secrets are needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Their values go to hosts or into files.
    Fetched,
    /// Only their shape matters.
    Unknown,
}

impl Desk {
    /// Reads everything.
    ///
    /// # Errors
    /// Every mistake that can be seen without a host.
    pub fn open(input: &Input, secrets: Secrets, words: Words) -> Result<Self, Vec<Diagnostic>> {
        match Self::read(input, secrets, words) {
            (Some(desk), errors) if errors.is_empty() => Ok(desk),
            (_, errors) => Err(errors),
        }
    }

    /// Reads everything as far as it can be read, and tells every mistake.
    fn read(input: &Input, secrets: Secrets, words: Words) -> (Option<Self>, Vec<Diagnostic>) {
        let (mut errors, mut mask) = (Vec::new(), Mask::default());
        let inventory = kept(Inventory::load(&input.inventory, &input.extra), &mut errors);
        let chosen = inventory.map(|inventory| {
            let mut hosts = choose(&inventory, input, &mut errors);
            if secrets == Secrets::Fetched {
                hosts.iter_mut().for_each(|host| add(&mut errors, fetch(host, &mut mask)));
            }
            let stacks = stacks(&inventory, &hosts, words, &mut mask, &mut errors);
            let links = kept(balance::links(&inventory, &stacks, words), &mut errors);
            warn(links.iter().flat_map(|links| balance::unasked(&stacks, links)).collect(), &mask);
            let links = links.unwrap_or_default();
            (inventory, hosts, stacks, links)
        });
        let mut shelf = Shelf::default();
        for wsgi in chosen.iter().flat_map(|(_, _, stacks, _)| applications(stacks)) {
            kept(shelf.read(wsgi).map_err(|error| vec![error]), &mut errors);
        }
        let playbook = kept(playbook::load(input.playbook.as_deref(), &input.inventory), &mut errors);
        let overlay = input.inventory.parent().unwrap_or(Path::new(".")).join("templates");
        let templates = kept(Templates::load(overlay.is_dir().then_some(overlay.as_path())), &mut errors);
        let errors = errors.into_iter().map(|error| hidden(error, &mask)).collect();
        let (Some((inventory, hosts, stacks, links)), Some(playbook), Some(templates)) =
            (chosen, playbook, templates)
        else {
            return (None, errors);
        };
        let who = format!("{} on {}", login_name(), host_name());
        let programs = payload::unread();
        let desk = Self {
            inventory,
            hosts,
            playbook,
            mask,
            templates,
            stacks,
            links,
            shelf,
            programs,
            found: Mutex::default(),
            who,
            lock_wait: 0,
        };
        (Some(desk), errors)
    }

    /// One host's plan from its facts.
    ///
    /// # Errors
    /// Every mistake of the playbook and the templates that shows with these values.
    pub fn compile(&self, host: &Host, facts: &Facts) -> Result<Plan, Vec<Diagnostic>> {
        let mut plan = Plan { who: self.who.clone(), lock_wait: self.lock_wait, ..Plan::default() };
        let empty = Stack::default();
        let stack = self.stacks.get(&host.name).unwrap_or(&empty);
        let mut errors = refusals(stack, facts);
        let code = self.shelf.archives().map(|archive| archive.payload.clone());
        let programs: Vec<Payload> = self.programs.iter().cloned().chain(code).collect();
        for play in &self.playbook.plays {
            let meant = match self.inventory.select_at(&play.hosts.value, &play.hosts.span) {
                Ok(meant) => meant,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            if !meant.iter().any(|h| h.name == host.name) {
                continue;
            }
            let mut context = TaskContext {
                templates: &self.templates,
                values: Values::default(),
                facts,
                programs: &programs,
            };
            values::fill(
                &mut context.values,
                &Scene { play, host, facts, stack, links: &self.links, shelf: &self.shelf },
            );
            for task in &play.tasks {
                match task.compile(&context) {
                    Ok(compiled) => compiled.into_iter().for_each(|one| match one {
                        Compiled::Step(step) => plan.steps.push(*step),
                        Compiled::Probe(probe) => plan.probes.push(probe),
                    }),
                    Err(error) => errors.push(error),
                }
            }
        }
        if errors.is_empty() {
            Ok(plan)
        } else {
            Err(errors.into_iter().map(|error| hidden(error, &self.mask)).collect())
        }
    }

    /// One host's plan from its own facts, if nothing is wrong in what people brought to its Nginx.
    fn reviewed(&self, host: &Host, facts: &Facts) -> Result<Plan, Vec<Diagnostic>> {
        let plan = self.compile(host, facts)?;
        let found = self.review(host, facts, &plan);
        let is_wrong = |one: &&Found| one.said.level == Level::Error;
        let wrong: Vec<Diagnostic> =
            found.iter().filter(is_wrong).map(|one| hidden(one.said.clone(), &self.mask)).collect();
        review::add(&mut self.found(), found);
        if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
    }

    /// What people brought to a host's Nginx, read as it would get it.
    fn review(&self, host: &Host, facts: &Facts, plan: &Plan) -> Vec<Found> {
        let Some(stack) = self.stacks.get(&host.name) else { return Vec::new() };
        let (listening, own) = (values::listening(stack, facts), self.templates.own("nginx"));
        Review { host: &host.name, plan, stack, listening, own, mask: &self.mask }.findings()
    }

    fn found(&self) -> MutexGuard<'_, Vec<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the playbook on all chosen hosts, as far as `mode` goes.
    ///
    /// # Errors
    /// What can be seen before anything is contacted; everything else is in the reports.
    pub fn run(mut self, common: &Common, mode: Mode) -> Result<(Vec<Report>, Mask), Vec<Diagnostic>> {
        let mut binaries = Binaries::beside_me().map_err(|error| vec![error])?;
        self.lock_wait = common.lock_wait;
        self.programs = binaries.programs.iter().map(|b| b.payload.clone()).collect();
        if mode != Mode::Prove {
            self.fetch_code()?;
        }
        binaries.programs.extend(self.shelf.archives());
        let binaries = Arc::new(binaries);
        let runtime = runtime()?;
        let interrupt = runtime.block_on(async { Interrupt::listen() }).map_err(cannot_start)?;
        let control = Control::make().map_err(|error| vec![error])?;
        let watcher = report::watcher(common.format, &self.mask);
        let mask = self.mask.clone();
        let (targets, balancers) = self.targets(mode)?;
        let rolling = rolling(&self.playbook, &self.inventory, &self.hosts, &self.links)?;
        let front = Front { balancers, who: self.who.clone(), lock_wait: self.lock_wait };
        let told = self.found().len();
        let desk = Arc::new(self);
        let jobs = targets.into_iter().map(|target| job(&desk, target, mode)).collect();
        let control_path = control.path().to_path_buf();
        let options = Options {
            mode,
            forks: common.forks,
            control: control_path,
            binaries,
            watcher,
            interrupt,
            rolling,
            front,
        };
        let reports = runtime.block_on(run::run(jobs, &options));
        if options.interrupt.is_set() {
            interrupt::end_connecting();
        }
        // Probes that are still asked belong to nobody.
        runtime.shutdown_background();
        let later = desk.found().split_off(told).into_iter().map(|one| one.said);
        warn(later.filter(|said| said.level == Level::Warning).collect(), &mask);
        Ok((reports, mask))
    }

    /// Fetches the code that does not lie on this machine.
    fn fetch_code(&mut self) -> Result<(), Vec<Diagnostic>> {
        let mut errors = Vec::new();
        for wsgi in applications(&self.stacks) {
            kept(self.shelf.fetch(wsgi, &self.mask).map_err(|error| vec![error]), &mut errors);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// How to reach each chosen host, and the balancers that drain them if the run changes them.
    fn targets(&self, mode: Mode) -> Result<(Vec<Target>, Vec<Balancer>), Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut reached = |host| kept(reach::target(host, &self.inventory), &mut errors);
        let targets = self.hosts.iter().filter_map(&mut reached).collect();
        let is_changed = |link: &&Link| mode == Mode::Change && self.hosts.iter().any(|h| link.has(&h.name));
        let balancer =
            |link: &Link| Some(balance::front(link, reached(self.inventory.host(&link.balancer)?)?));
        let balancers = self.links.iter().filter(is_changed).filter_map(balancer).collect();
        if errors.is_empty() { Ok((targets, balancers)) } else { Err(errors) }
    }
}

/// The Python applications of all hosts.
fn applications(stacks: &BTreeMap<String, Stack>) -> impl Iterator<Item = &Wsgi> {
    stacks.values().flat_map(|stack| &stack.apps).filter_map(|app| app.run.wsgi())
}

/// The hosts of `--limit`; all of them if it is wrong, so that their mistakes are told too.
fn choose(inventory: &Inventory, input: &Input, errors: &mut Vec<Diagnostic>) -> Vec<Host> {
    let pattern = input.limit.as_deref().unwrap_or("all");
    match kept(inventory.select(pattern).map_err(|error| vec![error]), errors) {
        Some(chosen) => chosen.into_iter().cloned().collect(),
        None => inventory.hosts.clone(),
    }
}

/// What every host is to run, where that can be read; warnings are printed, each once.
fn stacks(
    inventory: &Inventory,
    hosts: &[Host],
    words: Words,
    mask: &mut Mask,
    errors: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Stack> {
    let mut warnings = inventory.warnings.clone();
    let mut stacks = BTreeMap::new();
    for host in hosts {
        if let Some(stack) = kept(Stack::of(host, words), errors) {
            add(&mut warnings, stack.warnings.clone());
            // It may stand in the inventory in clear; nothing of ours repeats it.
            stack.secrets().iter().for_each(|secret| mask.add(secret));
            stacks.insert(host.name.clone(), stack);
        }
    }
    warn(warnings, mask);
    stacks
}

fn warn(warnings: Vec<Diagnostic>, mask: &Mask) {
    for warning in warnings {
        say::aside(format_args!("{}\n", hidden(warning, mask)));
    }
}

fn job(desk: &Arc<Desk>, target: Target, mode: Mode) -> Job {
    let desk = Arc::clone(desk);
    let name = target.name.clone();
    Job {
        target,
        compile: Box::new(move |facts| match desk.hosts.iter().find(|h| h.name == name) {
            // Whoever only asks the probes sends no site.
            Some(host) if mode == Mode::Prove => desk.compile(host, facts),
            Some(host) => desk.reviewed(host, facts),
            None => Ok(Plan::default()),
        }),
    }
}

/// Puts the secrets' values in their places; the mask learns them.
fn fetch(host: &mut Host, mask: &mut Mask) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for node in host.vars.values_mut() {
        match secret::fetch_all(node, mask) {
            Ok(fetched) => *node = fetched,
            Err(more) => errors.extend(more),
        }
    }
    errors
}

/// A complaint about a secret must not tell it.
fn hidden(error: Diagnostic, mask: &Mask) -> Diagnostic {
    Diagnostic {
        message: mask.hide(&error.message),
        label: error.label.map(|text| mask.hide(&text)),
        notes: error.notes.into_iter().map(|(name, text)| (name, mask.hide(&text))).collect(),
        fix: error.fix.map(|text| mask.hide(&text)),
        ..error
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Vec<Diagnostic>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)
}

fn cannot_start(error: std::io::Error) -> Vec<Diagnostic> {
    vec![Diagnostic::error(format!("cannot start: {error}")).exit(Exit::Bug)]
}

fn login_name() -> String {
    std::env::var("USER").unwrap_or_else(|_| format!("uid {}", rustix::process::getuid().as_raw()))
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
