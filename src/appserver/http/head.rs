//! The head of a request: its line and its fields, checked, in the bytes it came in.

use bytes::{Buf, Bytes, BytesMut};
use httparse::EMPTY_HEADER;

use super::field::{self, Facts, Framing};
use super::line::{self, Version};
use super::refusal::Refusal;
use super::search::{Found, Rules, Search};
use super::span::Span;
use super::target;

/// Empty lines that may come before a request line (RFC 9112, 2.2): old clients send one after a body.
const MAX_EMPTY_LINES: u8 = 4;
/// As many fields as a head usually has at most; more cost an allocation.
const FEW: usize = 24;

/// A request's head. It owns its bytes, shared with nothing that is still written to.
#[derive(Clone, Debug)]
pub struct Head {
    bytes: Bytes,
    line: Span,
    method: Span,
    target: Span,
    path: Span,
    query: Span,
    host: Option<Span>,
    fields: Vec<(Span, Span)>,
    version: Version,
    /// How the end of the body is known.
    pub framing: Framing,
    /// Whether the client wants to go on with the connection.
    pub keeps_alive: bool,
    /// Whether the client waits for `100 Continue` before it sends its body.
    pub expects_continue: bool,
}

/// The state of reading heads from one buffer, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    search: Search,
    empty_lines: u8,
}

impl Head {
    /// Takes the next head off the front of `buffer`; what follows it stays. `None`: it is not whole yet, call again
    /// with the same `reader` when more bytes were added. Limits hold for what is not whole, too.
    pub fn take(buffer: &mut BytesMut, reader: &mut Reader, rules: &Rules) -> Result<Option<Self>, Refusal> {
        if !reader.skip_empty_lines(buffer)? {
            return Ok(None);
        }
        let Some(found) = reader.search.go_on(buffer, rules)? else { return Ok(None) };
        *reader = Reader::default();
        let mut bytes = buffer.split_to(found.length);
        if rules.casefold_method {
            let method = bytes.iter().position(|byte| *byte == b' ').unwrap_or(0);
            bytes[..method].make_ascii_uppercase();
        }
        Self::parse(bytes.freeze(), found, rules).map(Some)
    }

    fn parse(bytes: Bytes, found: Found, rules: &Rules) -> Result<Self, Refusal> {
        let line = line::parse(&bytes[..found.line], rules)?;
        let target = target::parse(line.method, line.target)?;
        let mut few = [EMPTY_HEADER; FEW];
        let mut many = Vec::new();
        let room = if found.fields <= FEW {
            &mut few[..]
        } else {
            many.resize(found.fields, EMPTY_HEADER);
            &mut many[..]
        };
        let headers = field::read(&bytes[found.line + 2..], room)?;
        let mut facts = Facts::default();
        for header in headers {
            facts.note(header.name, header.value)?;
        }
        if line.version == Version::Http11 && facts.host.is_none() {
            return Err(Refusal::HostMissing);
        }
        let framing = facts.framing(line.version)?;
        let span = |part: &[u8]| Span::of(&bytes, part);
        Ok(Self {
            line: span(&bytes[..found.line]),
            method: span(line.method),
            target: span(line.target),
            path: span(target.path),
            query: span(target.query),
            host: target.authority.or(facts.host).map(span),
            fields: headers.iter().map(|header| (span(header.name.as_bytes()), span(header.value))).collect(),
            version: line.version,
            framing,
            keeps_alive: facts.keeps_alive(line.version),
            expects_continue: facts.expects_continue(line.version, framing)?,
            bytes,
        })
    }

    /// The whole request line, without its CRLF.
    pub fn line(&self) -> &[u8] {
        self.line.get(&self.bytes)
    }

    /// The method, a token.
    pub fn method(&self) -> &str {
        str::from_utf8(self.method.get(&self.bytes)).unwrap_or_default()
    }

    /// The target as sent. It may have bytes above 0x7F.
    pub fn target(&self) -> &[u8] {
        self.target.get(&self.bytes)
    }

    /// The path as sent, not decoded, without host and query: it begins with `/`, or is `*` for OPTIONS.
    pub fn path(&self) -> &[u8] {
        match self.path.get(&self.bytes) {
            b"" => b"/",
            path => path,
        }
    }

    /// What follows the first `?` of the target, as sent; empty if nothing does.
    pub fn query(&self) -> &[u8] {
        self.query.get(&self.bytes)
    }

    /// The version of the request.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Host and perhaps port: those of an absolute target if there is one, else the field `Host`, which only
    /// HTTP/1.0 may leave out.
    pub fn host(&self) -> Option<&[u8]> {
        self.host.map(|span| span.get(&self.bytes))
    }

    /// Whether the target names scheme and host itself, so that the field `Host` does not count.
    pub fn is_absolute(&self) -> bool {
        !matches!(self.target().first(), Some(b'/' | b'*'))
    }

    /// Names and values in the order they came in; names as sent, values without the white space around them.
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> + ExactSizeIterator {
        self.fields.iter().map(|(name, value)| (name.get(&self.bytes), value.get(&self.bytes)))
    }

    /// The first value of a name, in whatever case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The last value of a name, in whatever case: of several lines the one that was added by whoever is nearest to us.
    pub fn last_field(&self, name: &str) -> Option<&[u8]> {
        let mut fields = self.fields().rev();
        fields.find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// A part of this head, as one of its accessors gave it, that lives on its own without being copied.
    pub fn shared(&self, part: &[u8]) -> Bytes {
        match Span::of(&self.bytes, part).get(&self.bytes) {
            own if own.len() == part.len() => self.bytes.slice_ref(own),
            _ => Bytes::copy_from_slice(part),
        }
    }
}

impl Reader {
    /// Whether a request line has begun. What cannot be one is refused by its first byte, so that a client which
    /// speaks TLS is not waited for.
    fn skip_empty_lines(&mut self, buffer: &mut BytesMut) -> Result<bool, Refusal> {
        loop {
            match **buffer {
                [] | [b'\r'] => return Ok(false),
                [b'\r', b'\n', ..] if self.empty_lines < MAX_EMPTY_LINES => {
                    buffer.advance(2);
                    self.empty_lines += 1;
                }
                [b'\r', b'\n', ..] => return Err(Refusal::EmptyLines),
                [b'\n' | b'\r', ..] => return Err(Refusal::LineEnd),
                [first, ..] if line::is_token(first) => return Ok(true),
                _ => return Err(Refusal::Method),
            }
        }
    }
}
