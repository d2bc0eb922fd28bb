//! The beginning of a connection: who is behind the proxy, if it is to say so.

use std::sync::Arc;

use bytes::Buf;

use super::{Over, Session};
use crate::appserver::front::connection::Phase;
use crate::appserver::front::request::Peer;
use crate::appserver::http::Refusal;
use crate::appserver::protocol::proxy::{self, Source};

impl Session {
    /// Takes the PROXY header, where there is to be one; false if the peer left instead. From then on it is the client
    /// who is trusted or not, not the proxy: that one passes bytes on without looking at them.
    pub(super) async fn greet(&mut self) -> Result<bool, Over> {
        let Some(mode) = self.front.policy.proxy else { return Ok(true) };
        loop {
            if !self.arrive().await? {
                return Ok(false);
            }
            if !self.front.policy.lets_proxy(self.peer) {
                return Err(Refusal::Peer.into());
            }
            let Some((source, length)) = proxy::parse(&self.buffer, mode)? else { continue };
            self.buffer.advance(length);
            if let Source::Client { from, .. } = source {
                let is_trusted = self.front.policy.trusts(Peer::Ip(from));
                self.remote = Arc::new(self.remote.behind(from, is_trusted));
            }
            let phase = if self.buffer.is_empty() { Phase::Fresh } else { Phase::Head };
            self.connection.enter(phase, self.front.clock.now());
            return Ok(true);
        }
    }
}
