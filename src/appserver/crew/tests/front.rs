//! Fronts that leave, and the workers that go with them.

use super::*;

/// A crew whose only worker died before a reload, so that its replacement, 3, still boots when the new generation, 4 and 5,
/// takes over from the front, 1.
fn replaced_too_soon() -> Crew {
    let mut crew = serving_python(1);
    let did = crew.step(at(1), Event::Died(2, "was killed by signal 9".into()));
    assert_eq!(did[1..], [Action::Start(3, 1, Role::Python)]);
    crew.started(3, 103, at(1));
    crew.step(at(1), Event::Signal(Signal::Reload));
    crew.step(at(1), Event::Planned(plan(Role::Python, 1)));
    crew.step(at(2), Event::Ready(4));
    assert_eq!(
        crew.step(at(2), Event::Ready(5)),
        [Action::TakeOver(2), Action::Attach(5, 4), Action::Serve(4), Action::Leave(1, Queue::Left)]
    );
    assert_eq!(crew.step(at(2), Event::LetsGo(1)), [Action::Ready("1 worker".into())]);
    crew
}

#[test]
fn who_boots_for_a_front_that_leaves_takes_what_waits_there_and_goes_with_it() {
    let mut crew = replaced_too_soon();
    assert!(crew.is_replaced() && crew.is_needed(1));
    assert_eq!(crew.step(at(3), Event::Ready(3)), [Action::Attach(3, 1)]);
    assert_eq!((crew.members[&3].life, crew.members[&3].leave_by), (Life::Leaving, Some(at(14))));
}

#[test]
fn who_is_not_ready_before_its_front_has_ended_is_told_to_go() {
    let mut crew = replaced_too_soon();
    let exited = |pid| Action::Say(Level::Info, format!("Worker exited (pid:{pid})"));
    assert_eq!(crew.step(at(3), Event::Died(1, "exited".into())), [exited(101), Action::Quit(3)]);
    assert_eq!(crew.step(at(3), Event::Died(3, "exited".into())), [exited(103)]);
}

#[test]
fn who_fails_to_boot_for_a_front_that_leaves_keeps_nobody_else_waiting() {
    let mut crew = replaced_too_soon();
    crew.step(at(3), Event::Failed(3, Failure { message: "no memory".into(), exit: Exit::Failed }));
    let did = crew.step(at(3), Event::Died(3, "exited".into()));
    assert_eq!(did, [Action::Say(Level::Error, "no memory".into())]);
    let did = crew.step(at(3), Event::Died(5, "was killed by signal 9".into()));
    assert_eq!(did[1..], [Action::Start(6, 2, Role::Python)]);
}

#[test]
fn a_graceful_stop_lets_who_boots_take_what_waits() {
    let mut crew = serving_python(1);
    crew.step(at(1), Event::Died(2, "was killed by signal 9".into()));
    assert_eq!(
        crew.step(at(1), Event::Signal(Signal::Stop)),
        [Action::Stopping, Action::Leave(1, Queue::Drained)]
    );
    assert_eq!(crew.step(at(2), Event::Ready(3)), [Action::Attach(3, 1)]);
    assert_eq!(crew.step(at(2), Event::Signal(Signal::Quit)), [Action::Quit(3), Action::Quit(1)]);
}

#[test]
fn a_front_that_leaves_by_itself_takes_its_workers_along_and_is_followed_by_one_with_others() {
    let mut crew = serving_python(1);
    assert_eq!(
        crew.step(at(1), Event::Leaves(1)),
        [Action::Start(3, 1, Role::Front), Action::Start(4, 1, Role::Python)]
    );
    assert_eq!(crew.step(at(2), Event::Ready(3)), [Action::Serve(3)]);
    assert_eq!(crew.step(at(2), Event::Ready(4)), [Action::Attach(4, 3)]);
    assert_eq!(
        crew.step(at(3), Event::Died(2, "exited with status 0".into())),
        [Action::Say(Level::Info, "Worker exited (pid:102)".into())]
    );
}

#[test]
fn a_worker_is_attached_to_the_front_it_was_started_for_and_to_no_other() {
    let mut crew = serving_python(2);
    crew.step(at(1), Event::Died(2, "was killed by signal 9".into()));
    assert_eq!(
        crew.step(at(1), Event::Leaves(1)),
        [
            Action::Start(5, 1, Role::Front),
            Action::Start(6, 1, Role::Python),
            Action::Start(7, 1, Role::Python)
        ]
    );
    crew.step(at(2), Event::Ready(5));
    assert_eq!(crew.step(at(2), Event::Ready(4)), [Action::Attach(4, 1)]);
    assert_eq!(crew.step(at(2), Event::Ready(6)), [Action::Attach(6, 5)]);
}

#[test]
fn without_a_limit_for_requests_there_still_is_one_for_loading() {
    let mut crew = Crew::new(Plan { timeout: Duration::ZERO, ..plan(Role::Python, 1) }, at(0));
    crew.step(at(0), Event::Tick);
    assert_eq!(crew.step(at(61), Event::Tick).first(), Some(&Action::Kill(2)));
}

#[test]
fn nobody_is_silent_while_nobody_is_heard() {
    let mut crew = serving(1);
    crew.forgive(at(40));
    assert!(crew.is_well(at(41)));
    assert_eq!(crew.step(at(41), Event::Tick), []);
}
