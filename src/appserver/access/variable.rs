//! The parts of a request by the names under which an application reads them.

use std::borrow::Cow;

use super::Record;
use crate::appserver::http::path;

/// The program, as applications read it.
const SOFTWARE: &str = concat!("appserver/", env!("CARGO_PKG_VERSION"));
/// What stands before the name of a header.
const HEADER: &str = "HTTP_";

/// The value of a variable (its name in capitals); none if it is not known here, or empty.
pub fn of<'a>(record: &Record<'a>, name: &str) -> Option<Cow<'a, [u8]>> {
    let head = record.head;
    let value = match name {
        "REQUEST_METHOD" => head.method().as_bytes(),
        "QUERY_STRING" => head.query(),
        "RAW_URI" | "REQUEST_URI" => head.target(),
        "SERVER_PROTOCOL" => head.version().as_str().as_bytes(),
        "SERVER_SOFTWARE" => SOFTWARE.as_bytes(),
        "SERVER_NAME" => record.ends.server.as_bytes(),
        "SERVER_PORT" => record.ends.server_port.as_bytes(),
        "REMOTE_ADDR" => record.ends.address.as_bytes(),
        "REMOTE_PORT" => record.ends.port.as_bytes(),
        "CONTENT_TYPE" => head.field("content-type")?,
        "CONTENT_LENGTH" => head.field("content-length")?,
        "PATH_INFO" => return Some(path::decode(head.path())),
        _ => return header(record, name.strip_prefix(HEADER)?),
    };
    Some(value).filter(|value| !value.is_empty()).map(Cow::Borrowed)
}

/// All values of a header whose name was written with `_`.
fn header<'a>(record: &Record<'a>, name: &str) -> Option<Cow<'a, [u8]>> {
    let same = |found: &[u8]| {
        let letter = |byte: &u8| if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        found.len() == name.len() && found.iter().map(letter).eq(name.bytes())
    };
    let mut values = record.head.fields().filter(|(found, _)| same(found)).map(|(_, value)| value);
    let first = values.next()?;
    let more: Vec<&[u8]> = values.collect();
    if more.is_empty() {
        return Some(Cow::Borrowed(first));
    }
    let between: &[u8] = if name == "COOKIE" { b"; " } else { b"," };
    Some(Cow::Owned([&[first], &more[..]].concat().join(between)))
}
