//! Who is there and what they are at, as plain values: what the master tells those who show it, and what they tell it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// So much of a request is told: a hundred of them go over a channel at once.
const SUBJECT_CHARS: usize = 200;

/// All processes of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Census {
    /// The master.
    pub master: u32,
    /// Where the server is in its life: `starting`, `serving`, `reloading` or `stopping`.
    pub phase: String,
    /// The generation that serves.
    pub generation: u64,
    /// How many workers there are to be.
    pub wanted: usize,
    /// Everybody but the master, oldest first.
    pub members: Vec<Member>,
    /// How often a worker was replaced, by reason.
    pub restarts: BTreeMap<String, u64>,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Member {
    /// Its number in this server.
    pub id: u64,
    /// Its process.
    pub pid: u32,
    /// `front` or `worker`.
    pub role: String,
    /// `booting`, `waiting`, `serving`, `retiring` or `leaving`.
    pub state: String,
    /// The generation it belongs to.
    pub generation: u64,
}

impl Census {
    /// How many workers are in a state.
    pub fn count(&self, state: &str) -> usize {
        self.members.iter().filter(|member| member.role == "worker" && member.state == state).count()
    }

    /// Whether requests are answered.
    pub fn is_serving(&self) -> bool {
        self.count("serving") + self.count("retiring") > 0
    }
}

/// What a process that accepts is at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Open connections.
    pub connections: u64,
    /// Requests answered since its start.
    pub requests: u64,
    /// Requests that wait for a worker.
    pub queued: u64,
    /// Requests in work, at most a hundred.
    pub current: Vec<Current>,
    /// Of a front: how many requests each of its workers answered.
    pub answered: BTreeMap<u64, u64>,
}

/// A request in work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Current {
    /// The worker that works on it, if that is another process.
    pub worker: Option<u64>,
    /// Method, target and client, or the beginning of that.
    pub request: String,
    /// Since when, in milliseconds.
    pub milliseconds: u64,
}

impl Current {
    /// A request that was in work for so long; of a long subject the beginning.
    pub fn new(worker: Option<u64>, subject: &str, milliseconds: u64) -> Self {
        Self { worker, request: subject.chars().take(SUBJECT_CHARS).collect(), milliseconds }
    }
}
