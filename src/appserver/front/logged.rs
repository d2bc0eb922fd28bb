//! A request on its way into the access log: its line is written when the body of its answer is over.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, Request, Response};
use hyper::body::{Frame, SizeHint};
use jiff::Timestamp;

use super::{Access, Peer};
use crate::appserver::access::Record;

/// A request that is being answered.
pub struct Logged {
    access: Arc<Access>,
    began: Instant,
    record: Record,
}

impl Logged {
    /// Notes what is known when the request has come.
    pub fn begin<B>(access: &Arc<Access>, peer: Peer, request: &Request<B>) -> Self {
        let record = Record {
            remote: remote(peer, request.headers()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            status: 0,
            response_headers: HeaderMap::new(),
            bytes: 0,
            took: Default::default(),
        };
        Self { access: Arc::clone(access), began: Instant::now(), record }
    }

    /// The same answer, with a body that writes the line when it is over.
    pub fn wrap(mut self, response: Response<Body>) -> Response<Body> {
        self.record.status = response.status().as_u16();
        self.record.response_headers = response.headers().clone();
        response.map(|body| Body::new(Counted { body, logged: self }))
    }
}

/// Who asked: what a trusted proxy says of its client (the last hop it added), else the peer itself.
fn remote(peer: Peer, headers: &HeaderMap) -> String {
    let forwarded = headers.get("x-forwarded-for").filter(|_| peer.is_trusted());
    let last = forwarded.and_then(|value| value.to_str().ok()).and_then(|list| list.rsplit(',').next());
    match (last.map(str::trim).filter(|hop| hop.parse::<std::net::IpAddr>().is_ok()), peer) {
        (Some(hop), _) => hop.into(),
        (None, Peer::Ip(address)) => address.to_canonical().to_string(),
        (None, Peer::Local) => "-".into(),
    }
}

/// A body that counts its bytes; dropped, it writes its line.
struct Counted {
    body: Body,
    logged: Logged,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.logged.record.bytes += data.len() as u64;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Logged { access, began, record } = &mut self.logged;
        record.took = began.elapsed();
        if access.lines.add(&access.format.line(record, Timestamp::now())) {
            access.waiting.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_peer_is_believed_about_its_clients() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 10.0.0.9".parse().unwrap());
        let from = |peer: &str| remote(Peer::Ip(peer.parse().unwrap()), &headers);
        assert_eq!(
            [from("127.0.0.1"), from("::ffff:127.0.0.1"), from("192.0.2.1")],
            ["10.0.0.9", "10.0.0.9", "192.0.2.1"]
        );
        assert_eq!(remote(Peer::Local, &headers), "10.0.0.9");
        assert_eq!(remote(Peer::Local, &HeaderMap::new()), "-");
    }
}
