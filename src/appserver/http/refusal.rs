//! Why a request is not served: one variant a fact. The connection closes after it.

use std::fmt;

/// A fact that keeps a request from being served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request line is longer than it may be.
    LineTooLong,
    /// Empty lines come where a request should.
    EmptyLines,
    /// A line ends without CRLF.
    LineEnd,
    /// The first line is not a method, a target and a version with one space between.
    RequestLine,
    /// The method is not one that a client of good will sends.
    Method,
    /// CONNECT: a tunnel is asked for.
    Tunnel,
    /// The target is no path, no `http` address and not the `*` of OPTIONS.
    Target,
    /// The version is neither 1.0 nor 1.1.
    Version,
    /// A field's line is longer than it may be.
    FieldTooLong,
    /// There are more fields than there may be.
    TooManyFields,
    /// The head as a whole is larger than any may be.
    HeadTooLarge,
    /// A field's name is no token.
    FieldName,
    /// A field's value has control characters.
    FieldValue,
    /// A field goes on in a second line.
    Folded,
    /// HTTP/1.1 without a host.
    HostMissing,
    /// More than one `Host`.
    HostTwice,
    /// The host is no name or address with an optional port.
    HostInvalid,
    /// More than one `Content-Type`.
    TypeTwice,
    /// More than one `Content-Length`.
    LengthTwice,
    /// `Content-Length` is no number.
    LengthInvalid,
    /// Both `Content-Length` and `Transfer-Encoding`.
    LengthAndCoding,
    /// `Transfer-Encoding` in HTTP/1.0, which has none.
    CodingTooNew,
    /// `Transfer-Encoding` has an empty element.
    CodingInvalid,
    /// A transfer coding other than `chunked`.
    CodingUnknown,
    /// A transfer coding after `chunked`.
    ChunkedNotLast,
    /// An expectation other than `100-continue`.
    Expectation,
    /// A chunk's size is not of hexadecimal digits alone.
    ChunkSize,
    /// A chunk's extension has control characters, or there is too much of them.
    ChunkExtension,
    /// A chunk does not end where its size says.
    ChunkEnd,
    /// A trailer that belongs into a head.
    TrailerForbidden,
    /// Trailers are more or larger than they may be.
    TrailersTooLarge,
    /// The body is larger than it may be.
    BodyTooLarge,
    /// It did not come in time.
    Late,
    /// A header with an underscore that nobody is allowed to send.
    Underscore,
    /// Headers of a proxy say both that the client came by https and that it did not.
    Scheme,
    /// The connection does not begin with a PROXY header.
    Proxy,
    /// A packet of uwsgi or a record of FastCGI is not one.
    Packet,
    /// The peer may not say who its client is, or may not send packets.
    Peer,
}

impl Refusal {
    /// The status of the answer.
    pub fn status(self) -> u16 {
        match self {
            Self::Peer => 403,
            Self::Late => 408,
            Self::BodyTooLarge => 413,
            Self::LineTooLong => 414,
            Self::Expectation => 417,
            Self::FieldTooLong | Self::TooManyFields | Self::HeadTooLarge | Self::TrailersTooLarge => 431,
            Self::CodingUnknown | Self::Tunnel => 501,
            Self::Version => 505,
            _ => 400,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineTooLong => "the request line is too long",
            Self::EmptyLines => "empty lines instead of a request",
            Self::LineEnd => "a line does not end with CRLF",
            Self::RequestLine => "the request line is not `METHOD target HTTP/1.1`",
            Self::Method => "the method is not made of 3 to 20 upper-case letters",
            Self::Tunnel => "CONNECT is for proxies",
            Self::Target => "the target is not a path",
            Self::Version => "the version is neither HTTP/1.0 nor HTTP/1.1",
            Self::FieldTooLong => "a header is too long",
            Self::TooManyFields => "too many headers",
            Self::HeadTooLarge => "the headers are too large",
            Self::FieldName => "a header's name is not a token, or a space stands before its colon",
            Self::FieldValue => "a header's value has control characters",
            Self::Folded => "a header goes on in a second line",
            Self::HostMissing => "HTTP/1.1 without `Host`",
            Self::HostTwice => "more than one `Host`",
            Self::HostInvalid => "`Host` is not a name or an address",
            Self::TypeTwice => "more than one `Content-Type`",
            Self::LengthTwice => "more than one `Content-Length`",
            Self::LengthInvalid => "`Content-Length` is not a number",
            Self::LengthAndCoding => "both `Content-Length` and `Transfer-Encoding`",
            Self::CodingTooNew => "`Transfer-Encoding` in HTTP/1.0",
            Self::CodingInvalid => "`Transfer-Encoding` has an empty element",
            Self::CodingUnknown => "a transfer coding other than `chunked`",
            Self::ChunkedNotLast => "`chunked` is not the last transfer coding",
            Self::Expectation => "an expectation other than `100-continue`",
            Self::ChunkSize => "a chunk's size is not a hexadecimal number",
            Self::ChunkExtension => "a chunk's extension is wrong or too long",
            Self::ChunkEnd => "a chunk does not end where its size says",
            Self::TrailerForbidden => "a trailer that belongs among the headers",
            Self::TrailersTooLarge => "too many or too large trailers",
            Self::Late => "it did not come in time",
            Self::Underscore => "a header with an underscore",
            Self::Scheme => "headers contradict each other about https",
            Self::BodyTooLarge => "the body is too large",
            Self::Proxy => "no PROXY header, or a wrong one",
            Self::Packet => "not a packet of the protocol that is spoken here",
            Self::Peer => "the peer is not among those that may speak this protocol",
        })
    }
}

impl std::error::Error for Refusal {}
