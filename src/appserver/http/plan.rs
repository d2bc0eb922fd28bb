//! How an answer is framed and whether its connection goes on: decided from what is known before its first byte.

use super::head::Head;
use super::line::Version;

/// What of a request decides how it can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whether the method is HEAD.
    pub is_head: bool,
    /// The version of the request.
    pub version: Version,
    /// Whether the connection may go on; the server can turn it off.
    pub keeps_alive: bool,
}

impl Asked {
    /// Of a request that could not be read.
    pub const NOTHING: Self = Self { is_head: false, version: Version::Http11, keeps_alive: false };
}

impl From<&Head> for Asked {
    fn from(head: &Head) -> Self {
        Self { is_head: head.method() == "HEAD", version: head.version(), keeps_alive: head.keeps_alive }
    }
}

/// How the body of an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// So many bytes, no more and no fewer.
    Length(u64),
    /// In chunks.
    Chunked,
    /// Until the connection closes.
    Close,
    /// Not at all: whatever the application gives is dropped. The length it told is told to HEAD and with 304.
    Nothing(Option<u64>),
}

/// The decisions about one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How the body is sent.
    pub body: Body,
    /// Whether the connection goes on after it.
    pub keeps_alive: bool,
    /// The version of the request.
    pub version: Version,
}

impl Plan {
    /// Decides. `told`: the application's own `Content-Length`; `whole`: the size of the body if all of it is there.
    pub fn new(asked: Asked, status: u16, told: Option<u64>, whole: Option<u64>) -> Self {
        let body = match told.or(whole) {
            _ if matches!(status, 100..=199 | 204) => Body::Nothing(None),
            _ if asked.is_head || status == 304 => Body::Nothing(told),
            Some(length) => Body::Length(length),
            None if asked.version == Version::Http11 => Body::Chunked,
            None => Body::Close,
        };
        Self { body, keeps_alive: asked.keeps_alive && body != Body::Close, version: asked.version }
    }

    /// The value of `Content-Length`, if the answer has one.
    pub fn length(&self) -> Option<u64> {
        match self.body {
            Body::Length(length) => Some(length),
            Body::Nothing(length) => length,
            Body::Chunked | Body::Close => None,
        }
    }

    /// The value of `Connection`, if the version does not imply it.
    pub fn connection(&self) -> Option<&'static str> {
        match (self.keeps_alive, self.version) {
            (true, Version::Http11) => None,
            (true, Version::Http10) => Some("keep-alive"),
            (false, _) => Some("close"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Asked = Asked { is_head: false, version: Version::Http11, keeps_alive: true };
    const HEAD: Asked = Asked { is_head: true, ..GET };
    const OLD: Asked = Asked { version: Version::Http10, ..GET };

    #[test]
    fn the_length_is_the_applications_then_that_of_the_whole_body_then_unknown() {
        let body = |asked, told, whole| Plan::new(asked, 200, told, whole).body;
        assert_eq!(body(GET, Some(3), Some(5)), Body::Length(3));
        assert_eq!(body(GET, None, Some(5)), Body::Length(5));
        assert_eq!(body(GET, None, None), Body::Chunked);
        assert_eq!(body(OLD, None, Some(5)), Body::Length(5));
        assert_eq!(body(OLD, None, None), Body::Close);
    }

    #[test]
    fn what_has_no_body_tells_a_length_only_where_it_means_something() {
        let body = |asked, status| Plan::new(asked, status, Some(3), Some(3)).body;
        assert_eq!([204, 101].map(|status| body(GET, status)), [Body::Nothing(None); 2]);
        assert_eq!([204, 101].map(|status| body(HEAD, status)), [Body::Nothing(None); 2]);
        assert_eq!([body(GET, 304), body(HEAD, 200)], [Body::Nothing(Some(3)); 2]);
        assert_eq!(Plan::new(HEAD, 200, None, Some(0)).body, Body::Nothing(None));
    }

    #[test]
    fn a_connection_goes_on_only_if_asked_and_if_the_end_of_the_body_is_known() {
        let said = |asked, told| {
            let plan = Plan::new(asked, 200, told, None);
            (plan.keeps_alive, plan.connection())
        };
        assert_eq!(said(GET, None), (true, None));
        assert_eq!(said(Asked { keeps_alive: false, ..GET }, None), (false, Some("close")));
        assert_eq!(said(OLD, Some(3)), (true, Some("keep-alive")));
        assert_eq!(said(OLD, None), (false, Some("close")));
        assert_eq!(said(Asked { is_head: true, ..OLD }, None), (true, Some("keep-alive")));
    }
}
