//! Idle connections on their way from those who leave to those who serve.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use super::Master;
use super::hand::{Hand, lasting_protocol};
use crate::appserver::board::cores;
use crate::appserver::channel::Order;
use crate::appserver::crew::{Id, Phase};

/// How soon a connection is offered again to whom there was no room for it.
const PAUSE: Duration = Duration::from_millis(5);

/// Connections that wait for somebody to go on with them.
#[derive(Default)]
pub struct Estate {
    connections: VecDeque<OwnedFd>,
    /// How many were given away.
    given: usize,
}

impl Master {
    /// Whether others go on with the idle connections of one who leaves.
    pub(super) fn has_heirs(&self, id: Id) -> bool {
        self.is_understood(id) && !self.heirs().is_empty()
    }

    /// Takes connections of one who leaves; they are closed if those who serve speak another language.
    pub(super) fn take_idle(&mut self, id: Id, connections: Vec<OwnedFd>) {
        if self.is_understood(id) {
            self.estate.connections.extend(connections);
        }
    }

    /// Gives waiting connections to those who serve, in turns. Where nobody does they wait, for the sockets are open, too;
    /// when the server stops they are closed.
    pub(super) fn share_out(&mut self) {
        if self.estate.connections.is_empty() {
            return;
        }
        let mut estate = std::mem::take(&mut self.estate);
        let (phase, ..) = self.crew.standing();
        if phase == Phase::Stopping {
            estate.connections.clear();
        }
        let heirs = self.heirs();
        while let Some(connection) = estate.connections.front() {
            let takes =
                |turn: usize| heirs[turn % heirs.len()].send(&Order::Adopt, &[connection.as_fd()]).is_ok();
            let mut turns = estate.given..estate.given + heirs.len();
            let Some(turn) = turns.find(|turn| takes(*turn)) else { break };
            estate.connections.pop_front();
            estate.given = turn + 1;
        }
        self.estate = estate;
    }

    /// Whoever was told to serve has room before it says so itself, and gets a share of what waits already.
    pub(super) fn expect_at_the_door(&self, id: Id) {
        let place = self.hands.get(&id).and_then(|hand| hand.place);
        if let (Some(place), Some(board)) = (place, &self.board) {
            board.post(place, Some(0));
        }
    }

    /// When waiting connections are offered again, if any wait and somebody is there.
    pub(super) fn offers(&self) -> Option<Duration> {
        (!self.estate.connections.is_empty() && !self.heirs().is_empty()).then_some(PAUSE)
    }

    /// Whether somebody's clients speak as the generation does that serves now.
    fn is_understood(&self, id: Id) -> bool {
        let now = self.generations.get(&self.current).and_then(|now| lasting_protocol(&now.settings));
        now.is_some() && self.hands.get(&id).is_some_and(|hand| hand.protocol == now)
    }

    /// Who serves, and accepts: as many as there are cores, as of all connections, and with room if somebody has any.
    fn heirs(&self) -> Vec<&Hand> {
        let ids = self.crew.accepting().into_iter().filter(|id| self.is_understood(*id));
        let mut heirs: Vec<&Hand> = ids.filter_map(|id| self.hands.get(&id)).collect();
        heirs.sort_by_key(|hand| hand.place);
        let open = self.board.as_ref().map(|board| board.first(usize::MAX)).unwrap_or_default();
        let has_room =
            |hand: &Hand| open.iter().any(|(place, _)| Some(*place) == hand.place.map(|at| at as usize));
        if heirs.iter().any(|hand| has_room(hand)) {
            heirs.retain(|hand| has_room(hand));
        }
        heirs.truncate(cores());
        heirs
    }
}
