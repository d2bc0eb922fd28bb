//! What a Python worker sends through a slot: the parts of an answer, as frames.

use bytes::{Buf, Bytes, BytesMut};

/// Length, kind and number of the request.
const HEAD_BYTES: usize = 13;
/// Workers send longer parts of a body in pieces, and a head that is longer is no head.
const MAX_BYTES: usize = 1 << 20;
/// The length of a body that nobody announced.
const UNKNOWN: u64 = u64::MAX;

/// One frame, and the number of the request it answers.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// The request.
    pub number: u64,
    /// The part.
    pub part: Part,
}

/// A part of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Status and headers.
    Head(Head),
    /// Bytes of the body.
    Data(Bytes),
    /// A span of a file whose descriptor came along: from where, how many bytes.
    File(u64, u64),
    /// The answer is whole.
    End,
    /// The application failed; there will be no more.
    Abort,
    /// It was not given to the application: it had waited too long.
    Refused,
    /// An informational answer ahead of the real one.
    Early(Head),
    /// A whole answer.
    Whole(Head, Bytes),
    /// The client's socket is asked for, so that a long body need not pass through us.
    Lend,
    /// So many bytes were written to it, of the head and then of the body.
    Written(u64),
}

/// Status and headers of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// Code and reason, as the application gave them.
    pub status: Bytes,
    /// Names and values in order.
    pub fields: Vec<(Bytes, Bytes)>,
    /// How many bytes the body has, if known.
    pub length: Option<u64>,
}

/// These bytes are no frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Takes the next frame off `bytes` if it is whole.
pub fn take(bytes: &mut BytesMut) -> Result<Option<Frame>, Broken> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let kind = head[4];
    let number =
        u64::from_le_bytes([head[5], head[6], head[7], head[8], head[9], head[10], head[11], head[12]]);
    if length > MAX_BYTES {
        return Err(Broken);
    }
    if bytes.len() < HEAD_BYTES + length {
        return Ok(None);
    }
    bytes.advance(HEAD_BYTES);
    let content = bytes.split_to(length).freeze();
    Ok(Some(Frame { number, part: part(kind, content)? }))
}

fn part(kind: u8, mut content: Bytes) -> Result<Part, Broken> {
    Ok(match kind {
        0 => Part::Head(head(content)?),
        1 => Part::Data(content),
        2 => Part::File(content.try_get_u64_le().or(Err(Broken))?, content.try_get_u64_le().or(Err(Broken))?),
        3 => Part::End,
        4 => Part::Abort,
        5 => Part::Early(head(content)?),
        6 => {
            let length = content.try_get_u32_le().or(Err(Broken))? as usize;
            if length > content.len() {
                return Err(Broken);
            }
            let text = content.split_to(length);
            Part::Whole(texts(&text, Some(content.len() as u64)).ok_or(Broken)?, content)
        }
        7 => Part::Refused,
        8 => Part::Lend,
        9 => Part::Written(content.try_get_u64_le().or(Err(Broken))?),
        _ => return Err(Broken),
    })
}

fn head(mut content: Bytes) -> Result<Head, Broken> {
    let length = Some(content.try_get_u64_le().or(Err(Broken))?).filter(|length| *length != UNKNOWN);
    texts(&content, length).ok_or(Broken)
}

/// Status, names and values, a line each; none if a name has no value.
fn texts(content: &Bytes, length: Option<u64>) -> Option<Head> {
    let mut lines = content.split(|byte| *byte == b'\n').map(|line| content.slice_ref(line));
    let status = lines.next()?;
    let mut fields = Vec::new();
    while let Some(name) = lines.next() {
        fields.push((name, lines.next()?));
    }
    Some(Head { status, fields, length })
}
