//! Requests of gateways: one packet of uwsgi, or records of FastCGI for as long as the gateway likes.

use std::sync::Arc;

use super::{Over, Session};
use crate::appserver::front::body::{Body, Gathering};
use crate::appserver::front::connection::Phase;
use crate::appserver::front::request::Request;
use crate::appserver::http::Refusal;
use crate::appserver::protocol::fastcgi::{Decoder, Event};
use crate::appserver::protocol::uwsgi;
use crate::appserver::protocol::vars::Vars;

impl Session {
    /// Serves a packet; the connection ends with its answer.
    pub(super) async fn uwsgi(&mut self) -> Result<(), Over> {
        let vars = loop {
            if let Some(vars) = uwsgi::take(&mut self.buffer)? {
                break vars;
            }
            if !self.arrive().await? {
                return Ok(());
            }
        };
        self.check_peer()?;
        let length = vars.length()?.unwrap_or(0);
        if length > self.front.limit_body {
            return Err(Refusal::BodyTooLarge.into());
        }
        self.connection.enter(Phase::Body, self.front.clock.now());
        let folder = self.front.folder.clone();
        let mut gathering = Gathering::new(&folder);
        self.gather(length, &mut gathering).await?;
        self.answer_vars(vars, gathering.end().map_err(Over::Full)?).await
    }

    /// Serves records until the gateway has no more requests, or wants the connection to end.
    pub(super) async fn fastcgi(&mut self) -> Result<(), Over> {
        let mut decoder = Decoder::default();
        while let Some(event) = self.event(&mut decoder).await? {
            // What is left of a request that was ended.
            let Event::Request(request) = event else { continue };
            self.records = Some(request.id);
            match self.request_of_records(&mut decoder, request.vars).await {
                // The stream itself cannot be read on.
                Err(Over::Refused(Refusal::Packet)) => return Err(Refusal::Packet.into()),
                Err(Over::Refused(refusal)) => {
                    self.front.note_refusal(&self.remote, refusal);
                    self.say(refusal.status()).await?;
                }
                outcome => {
                    outcome?;
                    self.end_records().await?;
                }
            }
            decoder.finish();
            if !request.keeps_alive || !self.front.keeps_alive() {
                return Ok(());
            }
            self.rest();
        }
        Ok(())
    }

    async fn request_of_records(&mut self, decoder: &mut Decoder, vars: Vars) -> Result<(), Over> {
        self.check_peer()?;
        self.connection.enter(Phase::Body, self.front.clock.now());
        match self.body_of_records(decoder).await? {
            Some(body) => self.answer_vars(vars, body).await,
            None => Ok(()),
        }
    }

    fn check_peer(&self) -> Result<(), Over> {
        if self.front.policy.lets_speak(self.peer) { Ok(()) } else { Err(Refusal::Peer.into()) }
    }

    /// The next event; none if the gateway is done.
    async fn event(&mut self, decoder: &mut Decoder) -> Result<Option<Event>, Over> {
        loop {
            match decoder.next(&mut self.buffer)? {
                Some(Event::Reply(bytes)) => {
                    let phase = self.connection.phase();
                    self.out.extend_from_slice(&bytes);
                    self.flush().await?;
                    self.connection.enter(phase, self.front.clock.now());
                }
                Some(event) => return Ok(Some(event)),
                None if self.connection.phase() == Phase::Body => self.more().await?,
                None if !self.arrive().await? => return Ok(None),
                None => {}
            }
        }
    }

    /// The body of a request; none if the gateway does not want an answer any more.
    async fn body_of_records(&mut self, decoder: &mut Decoder) -> Result<Option<Body>, Over> {
        let folder = self.front.folder.clone();
        let mut gathering = Gathering::new(&folder);
        let mut length = 0;
        loop {
            match self.event(decoder).await? {
                Some(Event::Body(bytes)) => {
                    length += bytes.len() as u64;
                    if length > self.front.limit_body {
                        return Err(Refusal::BodyTooLarge.into());
                    }
                    gathering.add(&bytes).map_err(Over::Full)?;
                }
                Some(Event::End) => return gathering.end().map(Some).map_err(Over::Full),
                Some(Event::Abort) => return Ok(None),
                Some(Event::Request(_) | Event::Reply(_)) | None => return Err(Over::Lost),
            }
        }
    }

    async fn answer_vars(&mut self, vars: Vars, body: Body) -> Result<(), Over> {
        let head = vars.head(&self.front.rules)?;
        self.connection.enter(Phase::Busy, self.front.clock.now());
        let is = |name, word: &[u8]| vars.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        let is_secure = is("HTTPS", b"on") || is("HTTPS", b"1") || is("REQUEST_SCHEME", b"https");
        // The gateway is trusted with the id: it could have put another there.
        let id = self.front.policy.id(&head, true);
        let asked = vars.asked();
        let request = Request {
            head: Arc::new(head),
            remote: Arc::new(self.remote.told(&vars)),
            vars: Some(vars),
            body,
            scheme: if is_secure { "https" } else { "http" },
            id,
        };
        self.answer(request, asked).await.map(drop)
    }
}
