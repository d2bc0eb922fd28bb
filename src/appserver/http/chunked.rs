//! A request's body in chunks (RFC 9112, 7.1), read strictly.

use bytes::{Buf, Bytes, BytesMut};
use httparse::EMPTY_HEADER;
use memchr::memchr;

use super::field;
use super::refusal::Refusal;

/// Longest line that says a chunk's size, extension and CRLF included.
const MAX_SIZE_LINE: usize = 256;
/// Most digits of a size: 2⁶⁴ - 1 has 16.
const MAX_DIGITS: usize = 16;
/// Bytes of extensions in a whole body: nobody needs any, and one a chunk is a way to make a server work for nothing.
const MAX_EXTENSIONS: usize = 16 * 1024;
/// Bytes of all trailers.
const MAX_TRAILER_BYTES: usize = 8 * 1024;
/// Number of trailers.
const MAX_TRAILERS: usize = 32;
/// What frames, routes, authorises or describes the body would change its meaning after the fact (RFC 9110, 6.5.1).
const FORBIDDEN: [&str; 18] = [
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "max-forwards",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a body is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More bytes are needed.
    More,
    /// The body is over; what is left of the input is the next request's.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a chunk's size.
    Size,
    /// Within a chunk, so many bytes before its end.
    Data(u64),
    /// Before the CRLF after a chunk.
    End,
    /// After the last chunk.
    Trailers,
    Done,
}

/// Takes the chunks off one body.
#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    /// Bytes of data that may still come.
    left: u64,
    extensions: usize,
    trailer_bytes: usize,
    trailers: usize,
}

impl Decoder {
    /// A decoder for a body of at most `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { state: State::Size, left: limit, extensions: 0, trailer_bytes: 0, trailers: 0 }
    }

    /// Takes what it can off `input` and gives the data to `output`, in order, in parts that are never empty.
    /// Trailers are checked and dropped. After an error the decoder is of no more use.
    pub fn decode(
        &mut self,
        input: &mut BytesMut,
        output: &mut impl FnMut(Bytes),
    ) -> Result<Progress, Refusal> {
        loop {
            let goes_on = match self.state {
                State::Size => self.size(input)?,
                State::Data(left) => self.data(left, input, output),
                State::End => self.end(input)?,
                State::Trailers => self.trailer(input)?,
                State::Done => return Ok(Progress::Done),
            };
            if !goes_on {
                return Ok(Progress::More);
            }
        }
    }

    fn size(&mut self, input: &mut BytesMut) -> Result<bool, Refusal> {
        let digits = input.iter().take(MAX_DIGITS + 1).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > MAX_DIGITS || (digits == 0 && !input.is_empty()) {
            return Err(Refusal::ChunkSize);
        }
        let Some(length) = self.size_line(input, digits)? else { return Ok(false) };
        let text = str::from_utf8(&input[..digits]).unwrap_or_default();
        let size = u64::from_str_radix(text, 16).map_err(|_| Refusal::ChunkSize)?;
        self.left = self.left.checked_sub(size).ok_or(Refusal::BodyTooLarge)?;
        self.extensions += length - digits - 2;
        if self.extensions > MAX_EXTENSIONS {
            return Err(Refusal::ChunkExtension);
        }
        input.advance(length);
        self.state = if size == 0 { State::Trailers } else { State::Data(size) };
        Ok(true)
    }

    /// The length of the line with the size, once it is whole.
    fn size_line(&self, input: &[u8], digits: usize) -> Result<Option<usize>, Refusal> {
        match &input[digits..] {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', ..] => return Ok(Some(digits + 2)),
            [b';', ..] => {}
            _ => return Err(Refusal::ChunkSize),
        }
        let seen = &input[digits..input.len().min(MAX_SIZE_LINE)];
        let end = seen.iter().position(|byte| !matches!(byte, b'\t' | b' '..=b'~'));
        match end.map(|end| &seen[end..]) {
            Some([b'\r', b'\n', ..]) => Ok(end.map(|end| digits + end + 2)),
            None | Some([b'\r']) if input.len() < MAX_SIZE_LINE => Ok(None),
            _ => Err(Refusal::ChunkExtension),
        }
    }

    fn data(&mut self, left: u64, input: &mut BytesMut, output: &mut impl FnMut(Bytes)) -> bool {
        if input.is_empty() {
            return false;
        }
        let part = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        output(input.split_to(part).freeze());
        self.state = match left - part as u64 {
            0 => State::End,
            left => State::Data(left),
        };
        true
    }

    fn end(&mut self, input: &mut BytesMut) -> Result<bool, Refusal> {
        let goes_on = take_line_end(input)?;
        if goes_on {
            self.state = State::Size;
        }
        Ok(goes_on)
    }

    fn trailer(&mut self, input: &mut BytesMut) -> Result<bool, Refusal> {
        if matches!(input.first(), None | Some(b'\r')) {
            let goes_on = take_line_end(input)?;
            if goes_on {
                self.state = State::Done;
            }
            return Ok(goes_on);
        }
        let room = MAX_TRAILER_BYTES - self.trailer_bytes;
        let Some(end) = memchr(b'\n', &input[..input.len().min(room)]) else {
            return if input.len() < room { Ok(false) } else { Err(Refusal::TrailersTooLarge) };
        };
        self.trailer_bytes += end + 1;
        self.trailers += 1;
        if self.trailers > MAX_TRAILERS {
            return Err(Refusal::TrailersTooLarge);
        }
        check_trailer(&input.split_to(end + 1))?;
        Ok(true)
    }
}

/// Whether a CRLF was there and taken. Anything else is refused by its first byte.
fn take_line_end(input: &mut BytesMut) -> Result<bool, Refusal> {
    match **input {
        [] | [b'\r'] => Ok(false),
        [b'\r', b'\n', ..] => {
            input.advance(2);
            Ok(true)
        }
        _ => Err(Refusal::ChunkEnd),
    }
}

/// Checks one line, CRLF included.
fn check_trailer(line: &[u8]) -> Result<(), Refusal> {
    if !line.ends_with(b"\r\n") {
        return Err(Refusal::LineEnd);
    }
    let lines = [line, b"\r\n"].concat();
    let mut room = [EMPTY_HEADER; 1];
    for trailer in field::read(&lines, &mut room)? {
        if FORBIDDEN.iter().any(|name| trailer.name.eq_ignore_ascii_case(name)) {
            return Err(Refusal::TrailerForbidden);
        }
    }
    Ok(())
}
