//! The crew's decisions, without a process.

mod front;
mod reload;

use super::*;

fn plan(role: Role, workers: usize) -> Plan {
    Plan { role, workers, threads: 1, timeout: at(30), boot: at(60), graceful: at(10), is_phased: false }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A crew of `workers` that serves since second 0.
fn serving(workers: usize) -> Crew {
    let mut crew = Crew::new(plan(Role::Native, workers), at(0));
    crew.step(at(0), Event::Tick);
    for id in 1..=workers as u64 {
        crew.started(id, 100 + id as u32, at(0));
        crew.step(at(0), Event::Ready(id));
    }
    assert_eq!(crew.phase, Phase::Serving);
    crew
}

#[test]
fn nobody_accepts_before_the_whole_first_generation_is_ready() {
    let mut crew = Crew::new(plan(Role::Native, 2), at(0));
    assert_eq!(
        crew.step(at(0), Event::Tick),
        [Action::Start(1, 1, Role::Native), Action::Start(2, 1, Role::Native)]
    );
    assert_eq!(crew.step(at(1), Event::Ready(2)), []);
    assert_eq!(
        crew.step(at(2), Event::Ready(1)),
        [
            Action::TakeOver(1),
            Action::Serve(1),
            Action::Serve(2),
            Action::Ready("2 workers".into()),
            Action::Started
        ]
    );
}

#[test]
fn a_failure_of_the_first_generation_ends_the_server_with_its_reason() {
    let mut crew = Crew::new(plan(Role::Native, 2), at(0));
    crew.step(at(0), Event::Tick);
    let why = Failure { message: "no database".into(), exit: Exit::Failed };
    assert_eq!(crew.step(at(1), Event::Failed(1, why.clone())), []);
    assert_eq!(crew.step(at(1), Event::Died(1, "exited".into())), [Action::Stopping, Action::Quit(2)]);
    assert_eq!(crew.step(at(1), Event::Died(2, "exited".into())), [Action::End(Some(why))]);
}

#[test]
fn who_dies_serving_is_replaced_at_once_and_who_dies_booting_after_a_growing_pause() {
    let mut crew = serving(1);
    assert_eq!(
        crew.step(at(5), Event::Died(1, "was killed by signal 9".into())),
        [
            Action::Say(Level::Error, "Worker (pid:101) was killed by signal 9".into()),
            Action::Start(2, 1, Role::Native)
        ]
    );
    crew.started(2, 102, at(5));
    let text = "worker (pid:102) exited before it was ready; next try in 0.5 s";
    assert_eq!(crew.step(at(6), Event::Died(2, "exited".into())), [Action::Say(Level::Error, text.into())]);
    assert_eq!(crew.quiet_for(at(6)), Duration::from_millis(500));
    assert_eq!(crew.step(at(7), Event::Tick), [Action::Start(3, 1, Role::Native)]);
    let said = crew.step(at(7), Event::Died(3, "exited".into()));
    assert_eq!(
        said,
        [Action::Say(Level::Error, "worker (pid:0) exited before it was ready; next try in 1.0 s".into())]
    );
}

#[test]
fn a_silent_worker_is_killed_once_a_timeout_and_one_that_beats_is_not() {
    let mut crew = serving(2);
    crew.step(at(20), Event::Beat(2));
    assert_eq!(crew.quiet_for(at(29)), at(1));
    assert_eq!(
        crew.step(at(31), Event::Tick),
        [Action::Say(Level::Critical, "WORKER TIMEOUT (pid:101): silent for 31 s".into()), Action::Kill(1)]
    );
    assert_eq!(crew.step(at(32), Event::Tick), []);
}

#[test]
fn one_worker_more_one_less_and_never_below_one() {
    let mut crew = serving(1);
    assert_eq!(crew.step(at(1), Event::Signal(Signal::More)), [Action::Start(2, 1, Role::Native)]);
    assert_eq!(crew.step(at(1), Event::Ready(2)), [Action::Serve(2)]);
    assert_eq!(crew.step(at(2), Event::Signal(Signal::Less)), [Action::Leave(1, Queue::Left)]);
    assert_eq!(crew.step(at(2), Event::Signal(Signal::Less)), []);
    assert_eq!(crew.ids(|m| m.life == Life::Serving), [2]);
}

#[test]
fn a_graceful_stop_drains_and_kills_who_does_not_leave_in_time() {
    let mut crew = serving(1);
    assert_eq!(
        crew.step(at(1), Event::Signal(Signal::Stop)),
        [Action::Stopping, Action::Leave(1, Queue::Drained)]
    );
    assert_eq!(crew.step(at(7), Event::Tick), [Action::Patience(at(10))]);
    let late = crew.step(at(12), Event::Tick);
    assert_eq!(late[1], Action::Kill(1));
    let over = crew.step(at(12), Event::Died(1, "was killed".into()));
    assert_eq!(over.last(), Some(&Action::End(None)));
}

#[test]
fn a_quick_stop_overtakes_a_graceful_one() {
    let mut crew = serving(1);
    crew.step(at(1), Event::Signal(Signal::Stop));
    assert_eq!(crew.step(at(2), Event::Signal(Signal::Quit)), [Action::Quit(1)]);
    assert_eq!(crew.step(at(4), Event::Tick).last(), Some(&Action::Kill(1)));
}

#[test]
fn a_worker_that_leaves_by_itself_is_replaced_before_it_is_gone() {
    let mut crew = serving(1);
    assert_eq!(crew.step(at(1), Event::Leaves(1)), [Action::Start(2, 1, Role::Native)]);
}

#[test]
fn the_watchdog_hears_of_us_while_somebody_beats() {
    let mut crew = serving(1);
    assert!(crew.is_well(at(29)));
    assert!(!crew.is_well(at(31)));
    crew.step(at(31), Event::Beat(1));
    assert!(crew.is_well(at(40)));
}

/// A Python crew that serves since second 0: the front is 1, the workers come after it.
fn serving_python(workers: usize) -> Crew {
    let mut crew = Crew::new(plan(Role::Python, workers), at(0));
    crew.step(at(0), Event::Tick);
    for id in 1..=workers as u64 + 1 {
        crew.started(id, 100 + id as u32, at(0));
        crew.step(at(0), Event::Ready(id));
    }
    assert_eq!(crew.phase, Phase::Serving);
    crew
}

#[test]
fn a_worker_that_is_replaced_is_counted_once_by_the_first_reason_there_was() {
    let mut crew = serving(3);
    crew.step(at(1), Event::Spent(1, Reason::Memory, "it is large".into()));
    crew.step(at(1), Event::Died(1, "was killed by signal 9".into()));
    crew.step(at(1), Event::Leaves(2));
    crew.step(at(31), Event::Tick);
    crew.step(at(31), Event::Died(3, "was killed by signal 9".into()));
    let counted = crew.census().restarts.into_iter().filter(|(_, count)| *count > 0);
    let wanted = ["max_rss", "other", "timeout"].map(|word| (word.to_string(), 1));
    assert_eq!(counted.collect::<Vec<_>>(), wanted);
}

#[test]
fn a_python_generation_is_a_front_and_its_workers_and_accepts_when_all_are_ready() {
    let mut crew = Crew::new(plan(Role::Python, 2), at(0));
    assert_eq!(
        crew.step(at(0), Event::Tick),
        [
            Action::Start(1, 1, Role::Front),
            Action::Start(2, 1, Role::Python),
            Action::Start(3, 1, Role::Python)
        ]
    );
    assert_eq!(crew.step(at(1), Event::Ready(2)), []);
    assert_eq!(crew.step(at(1), Event::Ready(1)), []);
    assert_eq!(
        crew.step(at(2), Event::Ready(3)),
        [
            Action::TakeOver(1),
            Action::Attach(2, 1),
            Action::Attach(3, 1),
            Action::Serve(1),
            Action::Ready("2 workers".into()),
            Action::Started
        ]
    );
}

#[test]
fn a_spent_worker_serves_until_its_replacement_does() {
    let mut crew = serving_python(1);
    assert_eq!(
        crew.step(at(1), Event::Spent(2, Reason::Requests, "50 requests".into())),
        [
            Action::Say(Level::Info, "Worker (pid:102) will be replaced: 50 requests".into()),
            Action::Start(3, 1, Role::Python)
        ]
    );
    assert_eq!(crew.step(at(2), Event::Ready(3)), [Action::Attach(3, 1), Action::Leave(2, Queue::Left)]);
}

#[test]
fn a_stuck_worker_shows_where_and_is_replaced_at_once_and_killed_soon() {
    let mut crew = serving_python(1);
    assert_eq!(
        crew.step(at(40), Event::Stuck(2, "GET /".into())),
        [
            Action::Say(Level::Critical, "WORKER TIMEOUT (pid:102): GET /".into()),
            Action::Dump(2),
            Action::Leave(2, Queue::Left),
            Action::Start(3, 1, Role::Python)
        ]
    );
    assert!(crew.step(at(41), Event::Tick).contains(&Action::Kill(2)));
}

#[test]
fn an_application_that_hangs_while_it_is_loaded_fails_that_start() {
    let mut crew = Crew::new(plan(Role::Python, 1), at(0));
    crew.step(at(0), Event::Tick);
    crew.step(at(50), Event::Beat(1));
    assert_eq!(crew.step(at(61), Event::Tick).first(), Some(&Action::Kill(2)));
    let end = crew.step(at(61), Event::Died(2, "was killed by signal 9".into()));
    assert_eq!(end[0], Action::Stopping);
}

#[test]
fn a_reload_of_a_python_application_lets_the_old_front_finish_and_its_workers_with_it() {
    let mut crew = serving_python(1);
    crew.step(at(1), Event::Signal(Signal::Reload));
    crew.step(at(1), Event::Planned(plan(Role::Python, 1)));
    crew.step(at(2), Event::Ready(3));
    assert_eq!(
        crew.step(at(2), Event::Ready(4)),
        [Action::TakeOver(2), Action::Attach(4, 3), Action::Serve(3), Action::Leave(1, Queue::Left)]
    );
    // Its workers accept nothing by themselves.
    assert_eq!(crew.step(at(3), Event::LetsGo(1)), [Action::Ready("1 worker".into())]);
}

#[test]
fn when_a_front_dies_a_new_one_comes_with_workers_of_its_own() {
    let mut crew = serving_python(1);
    let did = crew.step(at(1), Event::Died(1, "was killed by signal 9".into()));
    assert_eq!(did[1..], [Action::Start(3, 1, Role::Front), Action::Start(4, 1, Role::Python)]);
    assert_eq!(crew.step(at(1), Event::Ready(4)), []);
    assert_eq!(crew.step(at(1), Event::Ready(3)), [Action::Attach(4, 3), Action::Serve(3)]);
}

#[test]
fn a_crew_at_rest_has_nobody_and_a_reload_brings_it_back() {
    let mut crew = serving_python(1);
    assert_eq!(crew.step(at(1), Event::Signal(Signal::Rest)), [Action::Leave(1, Queue::Left)]);
    crew.step(at(2), Event::Died(1, "exited".into()));
    crew.step(at(2), Event::Died(2, "exited".into()));
    assert_eq!(crew.step(at(3), Event::Signal(Signal::Less)), []);
    assert!(crew.is_well(at(300)));
    crew.step(at(4), Event::Signal(Signal::Reload));
    assert_eq!(
        crew.step(at(4), Event::Planned(plan(Role::Python, 1))),
        [Action::Start(3, 2, Role::Front), Action::Start(4, 2, Role::Python)]
    );
}
