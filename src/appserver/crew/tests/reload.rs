//! From one generation to the next.

use super::*;

/// A crew of `workers` from which as many others took over at second 6, and that has not let go.
fn taken_over(workers: usize) -> Crew {
    let mut crew = serving(workers);
    crew.step(at(5), Event::Signal(Signal::Reload));
    crew.step(at(5), Event::Planned(plan(Role::Native, workers)));
    for id in workers + 1..=2 * workers {
        crew.step(at(6), Event::Ready(id as u64));
    }
    crew
}

#[test]
fn a_reload_takes_over_only_when_all_new_workers_are_ready() {
    let mut crew = serving(2);
    assert_eq!(crew.step(at(5), Event::Signal(Signal::Reload)), [Action::Reloading(2)]);
    assert_eq!(
        crew.step(at(5), Event::Planned(plan(Role::Native, 2))),
        [Action::Start(3, 2, Role::Native), Action::Start(4, 2, Role::Native)]
    );
    assert_eq!(crew.step(at(6), Event::Ready(3)), []);
    assert_eq!(
        crew.step(at(7), Event::Ready(4)),
        [
            Action::TakeOver(2),
            Action::Serve(3),
            Action::Serve(4),
            Action::Leave(1, Queue::Left),
            Action::Leave(2, Queue::Left)
        ]
    );
}

#[test]
fn a_reload_is_over_when_the_old_workers_wait_for_no_further_request() {
    let mut crew = taken_over(2);
    assert_eq!(crew.accepting(), [3, 4]);
    assert_eq!(crew.step(at(8), Event::LetsGo(1)), []);
    assert!(!crew.is_replaced());
    // Until then the service manager is asked for patience.
    assert_eq!(crew.step(at(10), Event::Tick), [Action::Patience(at(10))]);
    assert_eq!(crew.step(at(11), Event::LetsGo(2)), [Action::Ready("2 workers".into())]);
    assert!(crew.is_replaced());
    assert_eq!(crew.step(at(16), Event::Tick), []);
}

#[test]
fn who_leaves_during_a_stop_is_told_that_nobody_goes_on_with_its_connections() {
    let mut crew = taken_over(1);
    assert_eq!(
        crew.step(at(7), Event::Signal(Signal::Stop)),
        [Action::Stopping, Action::Leave(1, Queue::Drained), Action::Leave(2, Queue::Drained)]
    );
    assert!(crew.accepting().is_empty());
}

#[test]
fn an_old_worker_that_dies_waits_for_no_further_request() {
    let mut crew = taken_over(1);
    assert_eq!(
        crew.step(at(7), Event::Died(1, "was killed by signal 9".into())),
        [Action::Say(Level::Info, "Worker exited (pid:101)".into()), Action::Ready("1 worker".into())]
    );
}

#[test]
fn a_failed_reload_touches_nobody_of_the_old_generation() {
    let mut crew = serving(2);
    crew.step(at(5), Event::Signal(Signal::Reload));
    crew.step(at(5), Event::Planned(plan(Role::Native, 2)));
    crew.step(at(6), Event::Ready(3));
    crew.step(at(6), Event::Failed(4, Failure { message: "syntax".into(), exit: Exit::Failed }));
    assert_eq!(
        crew.step(at(7), Event::Died(4, "exited".into())),
        [
            Action::Say(Level::Error, "Reload failed, the old workers keep serving: syntax".into()),
            Action::Quit(3),
            Action::Ready("reload failed, the old 2 workers serve on".into())
        ]
    );
    assert_eq!(crew.step(at(8), Event::Died(3, "exited".into())), []);
    assert_eq!(crew.ids(|m| m.life == Life::Serving), [1, 2]);
}

#[test]
fn a_reload_during_a_reload_is_done_after_it() {
    let mut crew = serving(1);
    crew.step(at(5), Event::Signal(Signal::Reload));
    assert_eq!(crew.step(at(5), Event::Signal(Signal::Reload)), []);
    crew.step(at(5), Event::Planned(plan(Role::Native, 1)));
    crew.step(at(6), Event::Ready(2));
    assert_eq!(crew.step(at(7), Event::Tick), [Action::Reloading(3)]);
}

#[test]
fn a_number_of_workers_that_is_changed_before_a_reload_has_its_settings_holds_after_it() {
    let mut crew = serving(2);
    for signal in [Signal::Reload, Signal::More, Signal::More, Signal::Less] {
        crew.step(at(5), Event::Signal(signal));
    }
    assert_eq!(crew.wanted(), 3);
    crew.step(at(6), Event::Planned(plan(Role::Native, 4)));
    assert_eq!(crew.next.unwrap().workers, 5);
    // The next reload takes the number of the settings; what is asked meanwhile holds for what serves and for what comes.
    crew.step(at(6), Event::Signal(Signal::Reload));
    crew.step(at(6), Event::Signal(Signal::Less));
    assert_eq!((crew.wanted(), crew.next.unwrap().workers), (2, 4));
    for id in crew.ids(|m| m.life == Life::Booting) {
        crew.step(at(7), Event::Ready(id));
    }
    crew.step(at(7), Event::Tick);
    assert_eq!((crew.wanted(), crew.newest), (4, 3));
    crew.step(at(8), Event::Planned(plan(Role::Native, 1)));
    assert_eq!(crew.next.unwrap().workers, 1);
    crew.scale(7);
    assert_eq!((crew.wanted(), crew.next.unwrap().workers), (7, 7));
}

#[test]
fn a_reload_without_settings_touches_nobody() {
    let mut crew = serving(1);
    crew.step(at(5), Event::Signal(Signal::Reload));
    assert_eq!(
        crew.step(at(6), Event::Unplanned("syntax".into())),
        [
            Action::Say(Level::Error, "Reload failed, the old workers keep serving: syntax".into()),
            Action::Ready("reload failed, the old 1 worker serve on".into())
        ]
    );
}

#[test]
fn a_new_generation_has_its_own_plan_and_the_old_one_keeps_its_own_until_it_is_gone() {
    let mut crew = serving(1);
    crew.step(at(5), Event::Signal(Signal::Reload));
    let new = Plan { graceful: at(100), ..plan(Role::Native, 2) };
    assert_eq!(
        crew.step(at(5), Event::Planned(new)),
        [Action::Start(2, 2, Role::Native), Action::Start(3, 2, Role::Native)]
    );
    assert_eq!(
        crew.step(at(6), Event::Died(1, "was killed by signal 9".into()))[1..],
        [Action::Start(4, 1, Role::Native)]
    );
    crew.step(at(6), Event::Ready(4));
    crew.step(at(7), Event::Ready(2));
    crew.step(at(7), Event::Ready(3));
    assert_eq!(crew.members[&4].leave_by, Some(at(18)));
}

/// A crew of two in a phased reload whose first new worker, 3, was just ready.
fn in_phases() -> Crew {
    let mut crew = serving(2);
    crew.step(at(5), Event::Signal(Signal::Reload));
    let phased = Plan { is_phased: true, ..plan(Role::Native, 2) };
    assert_eq!(crew.step(at(5), Event::Planned(phased)), [Action::Start(3, 2, Role::Native)]);
    assert_eq!(
        crew.step(at(6), Event::Ready(3)),
        [Action::TakeOver(2), Action::Serve(3), Action::Leave(1, Queue::Left)]
    );
    crew
}

#[test]
fn in_a_phased_reload_one_comes_and_one_goes_until_all_are_new() {
    let mut crew = in_phases();
    assert_eq!(
        crew.step(at(7), Event::Died(1, "exited".into())),
        [Action::Say(Level::Info, "Worker exited (pid:101)".into()), Action::Start(4, 2, Role::Native)]
    );
    assert!(!crew.is_replaced() && crew.is_needed(1));
    assert_eq!(crew.step(at(8), Event::Ready(4)), [Action::Serve(4), Action::Leave(2, Queue::Left)]);
    assert!(!crew.is_replaced() && !crew.is_needed(1));
    assert_eq!(crew.step(at(8), Event::LetsGo(2)), [Action::Ready("2 workers".into())]);
    assert!(crew.is_replaced());
}

#[test]
fn a_later_worker_of_a_phased_reload_that_fails_is_tried_again_and_the_old_one_serves_meanwhile() {
    let mut crew = in_phases();
    crew.step(at(7), Event::Died(1, "exited".into()));
    crew.step(at(8), Event::Failed(4, Failure { message: "no memory".into(), exit: Exit::Failed }));
    assert_eq!(
        crew.step(at(8), Event::Died(4, "exited".into())),
        [Action::Say(Level::Error, "no memory; next try in 0.5 s".into()), Action::Ready("2 workers".into())]
    );
    assert_eq!(crew.ids(|m| m.life == Life::Serving), [2, 3]);
    assert_eq!(crew.step(at(9), Event::Tick), [Action::Start(5, 2, Role::Native)]);
}
