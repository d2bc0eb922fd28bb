//! Who is there, who is missing, who is too many: how a generation is filled, takes over and goes.

use std::time::Duration;

use super::{Action, Crew, Id, Life, MARGIN, Member, Phase, Plan, Queue, Reason, Role};

impl Crew {
    /// Starts who is missing in a generation.
    pub(super) fn fill(&mut self, now: Duration, generation: u64, actions: &mut Vec<Action>) {
        let Some(plan) = self.plan_of(generation) else { return };
        let is_here = |m: &Member| {
            m.generation == generation
                && !matches!(m.life, Life::Leaving | Life::Retiring)
                && !self.front_leaves(m)
        };
        let workers = self.ids(|m| m.role == plan.role && is_here(m)).len();
        let mut front = self.ids(|m| m.role == Role::Front && is_here(m)).pop();
        let is_missing = plan.role == Role::Python && plan.workers > 0 && front.is_none();
        let more = (workers..self.target(generation, &plan)).map(|_| plan.role);
        for role in is_missing.then_some(Role::Front).into_iter().chain(more) {
            let id = self.next_id;
            self.next_id += 1;
            if role == Role::Front {
                front = Some(id);
            }
            let life = Life::Booting;
            let member = Member {
                generation,
                role,
                life,
                pid: 0,
                heard: now,
                leave_by: None,
                why: None,
                has_let_go: false,
                is_noted: false,
                plan,
                front: front.filter(|_| role == Role::Python),
            };
            self.members.insert(id, member);
            actions.push(Action::Start(id, generation, role));
        }
    }

    /// How many workers a generation is to have by now: in a phased reload there is never more than one too many.
    fn target(&self, generation: u64, plan: &Plan) -> usize {
        if !plan.is_phased {
            return plan.workers;
        }
        if generation != self.generation {
            return plan.workers.min(1);
        }
        let is_worker = |m: &Member| m.role != Role::Front;
        let new = self.ids(|m| is_worker(m) && m.generation == generation && m.life == Life::Serving).len();
        let old = self.ids(|m| is_worker(m) && m.generation < generation).len();
        plan.workers.min(new + (plan.workers + 1).saturating_sub(new + old))
    }

    /// What a generation is to be, if that is known.
    fn plan_of(&self, generation: u64) -> Option<Plan> {
        if generation == self.generation { Some(self.plan) } else { self.next }
    }

    /// Lets who is ready in the generation that serves join it: workers first, then who accepts for them.
    pub(super) fn welcome(&mut self, actions: &mut Vec<Action>) {
        let ready = self.ids(|m| m.generation == self.generation && m.life == Life::Waiting);
        let (accepting, attached): (Vec<Id>, Vec<Id>) =
            ready.into_iter().partition(|id| self.members[id].role != Role::Python);
        for id in attached {
            let Some(front) = self.members[&id].front else { continue };
            if matches!(self.life_of(front), Some(Life::Waiting | Life::Serving)) {
                self.set(id, Life::Serving);
                actions.push(Action::Attach(id, front));
            }
        }
        for id in accepting {
            self.set(id, Life::Serving);
            actions.push(Action::Serve(id));
        }
    }

    /// Lets who is ready only now take what still waits in its front that leaves; they go together.
    pub(super) fn welcome_late(&mut self, now: Duration, actions: &mut Vec<Action>) {
        for id in self.ids(|m| m.life == Life::Waiting && self.front_leaves(m)) {
            let Some((front, its)) =
                self.members[&id].front.and_then(|id| Some((id, self.members.get(&id)?)))
            else {
                continue;
            };
            self.go(id, its.leave_by.unwrap_or(now) + MARGIN);
            actions.push(Action::Attach(id, front));
        }
    }

    fn life_of(&self, id: Id) -> Option<Life> {
        self.members.get(&id).map(|member| member.life)
    }

    /// Whether somebody works, or will, for a front that leaves.
    pub(super) fn front_leaves(&self, member: &Member) -> bool {
        member.front.and_then(|front| self.life_of(front)) == Some(Life::Leaving)
    }

    fn set(&mut self, id: Id, life: Life) {
        if let Some(member) = self.members.get_mut(&id) {
            member.life = life;
        }
    }

    /// Sends away who is retired once enough serve without it, and the oldest while there are too many.
    pub(super) fn trim(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let is_worker = |m: &Member| m.generation == self.generation && m.role == self.plan.role;
        let serving = self.ids(|m| is_worker(m) && m.life == Life::Serving);
        let Some(surplus) = serving.len().checked_sub(self.plan.workers) else { return };
        let retired = self.ids(|m| is_worker(m) && m.life == Life::Retiring);
        for id in retired.into_iter().chain(serving.into_iter().take(surplus)) {
            self.leave(now, id, Queue::Left, actions);
        }
    }

    pub(super) fn is_complete(&self, generation: u64) -> bool {
        let Some(plan) = self.plan_of(generation) else { return false };
        let here =
            self.ids(|m| m.generation == generation && m.life != Life::Leaving && !self.front_leaves(m));
        let fronts = usize::from(plan.role == Role::Python);
        here.len() >= self.target(generation, &plan) + fronts
            && here.iter().all(|id| self.members[id].life == Life::Waiting)
    }

    /// The newest generation serves from now on; the one before leaves.
    pub(super) fn take_over(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let former = self.generation;
        self.generation = self.newest;
        self.plan = self.next.take().unwrap_or(self.plan);
        self.phase = Phase::Serving;
        actions.push(Action::TakeOver(self.generation));
        self.welcome(actions);
        let serves = |m: &Member| matches!(m.life, Life::Serving | Life::Retiring);
        let stays = |m: &Member| self.plan.is_phased && m.generation == former && serves(m);
        let gone = self.ids(|m| m.generation != self.generation && m.life != Life::Leaving && !stays(m));
        self.send_all_away(now, gone, Queue::Left, actions);
        self.relieve(now, actions);
        self.trim(now, actions);
        self.announce(actions);
    }

    /// Lets the service manager know that all is ready, once no further request is given to a former generation; that is
    /// not waited for if those who are to come fail.
    pub(super) fn announce(&mut self, actions: &mut Vec<Action>) {
        if !self.is_announced && (self.is_replaced() || self.falters()) {
            self.is_announced = true;
            actions.push(Action::Ready(self.status()));
        }
    }

    /// Sends those of a former generation away for whom others serve by now; the last of them go with their front.
    pub(super) fn relieve(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let is_worker = |m: &Member| m.role != Role::Front;
        let is_old =
            |m: &Member| m.generation < self.generation && m.life != Life::Leaving && !self.front_leaves(m);
        let new = self.ids(|m| is_worker(m) && m.generation == self.generation && m.life == Life::Serving);
        let (mut old, all) = (self.ids(|m| is_worker(m) && is_old(m)), self.ids(is_old));
        let surplus = (new.len() + old.len()).saturating_sub(self.plan.workers);
        if surplus >= old.len() {
            return self.send_all_away(now, all, Queue::Left, actions);
        }
        // Who is to be replaced anyway goes first.
        old.sort_by_key(|id| self.members[id].life != Life::Retiring);
        for id in old.into_iter().take(surplus) {
            self.leave(now, id, Queue::Left, actions);
        }
    }

    /// Sends members away that go together: who accepts first, because that decides what becomes of who works for it.
    pub(super) fn send_all_away(
        &mut self,
        now: Duration,
        mut ids: Vec<Id>,
        queue: Queue,
        actions: &mut Vec<Action>,
    ) {
        ids.sort_by_key(|id| self.members.get(id).is_some_and(|member| member.role == Role::Python));
        for id in ids {
            self.send_away(now, id, queue, actions);
        }
    }

    fn send_away(&mut self, now: Duration, id: Id, queue: Queue, actions: &mut Vec<Action>) {
        let Some(member) = self.members.get(&id) else { return };
        match (member.life, member.role) {
            // It ends when its front has nothing more for it.
            (Life::Serving | Life::Retiring, Role::Python) => {
                let graceful = member.plan.graceful;
                self.go(id, now + graceful + MARGIN * 2)
            }
            (Life::Serving | Life::Retiring, _) => self.leave(now, id, queue, actions),
            // Requests may wait for it there; if it is not ready before its front has ended, it is told then.
            (Life::Booting | Life::Waiting, Role::Python) if self.front_leaves(member) => {}
            (Life::Booting | Life::Waiting, _) => self.quit(now, id, actions),
            // Nobody goes on with its connections any more.
            (Life::Leaving, role) if role.accepts() => actions.push(Action::Leave(id, queue)),
            (Life::Leaving, _) => {}
        }
    }

    /// A front leaves or is gone: its workers go with it.
    pub(super) fn orphan(&mut self, now: Duration, front: Id, actions: &mut Vec<Action>) {
        for id in self.ids(|m| m.front == Some(front) && m.life != Life::Leaving) {
            self.note_restart(id, Reason::Other);
            self.send_away(now, id, Queue::Left, actions);
        }
    }
}
