//! A form that somebody filled in and sent: read strictly, and only if it was ours.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::Response;
use percent_encoding::percent_decode;

use super::visitor::Visitor;
use super::{Pages, error};
use crate::hbnb::body::{Unread, whole};

/// The field with the token that binds a form to the session.
pub const TOKEN: &str = "csrf";
/// The longest form in bytes; the longest that people fill in is far below.
const MAX: usize = 64 * 1024;

/// Who sent a form of ours, and what it holds. Every page that changes something takes this, and so nothing is changed by a
/// form of somebody else (<https://owasp.org/www-community/attacks/csrf>), nor by one of another session.
pub struct Filled {
    /// Who sent it.
    pub visitor: Visitor,
    fields: BTreeMap<String, Vec<String>>,
}

impl FromRequest<Pages> for Filled {
    type Rejection = Response;

    /// Rejections: 413 if it is too long, 400 if it is no form, 403 if it is none of ours for this session.
    async fn from_request(request: Request, pages: &Pages) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let body = whole(body, MAX).await.map_err(|unread| match unread {
            Unread::TooLong => error::too_large(),
            Unread::Cut => error::not_a_form(),
        })?;
        let fields = fields(&body).ok_or_else(error::not_a_form)?;
        let visitor = Visitor::from_request_parts(&mut parts, pages).await?;
        let filled = Self { visitor, fields };
        match filled.visitor.session.gave(&filled.visitor.key, filled.text(TOKEN)) {
            true => Ok(filled),
            false => Err(error::foreign_form()),
        }
    }
}

impl Filled {
    /// What stands in a field, as it was typed, in the first one of this name; nothing if the form has none.
    pub fn text(&self, name: &str) -> &str {
        self.all(name).first().map(String::as_str).unwrap_or_default()
    }

    /// What stands in all fields of this name.
    pub fn all(&self, name: &str) -> &[String] {
        self.fields.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The same without spaces around it.
    pub fn word(&self, name: &str) -> &str {
        self.text(name).trim()
    }
}

/// The fields of `application/x-www-form-urlencoded`; none if one is not UTF-8 or has a NUL, which no database keeps alike.
fn fields(body: &[u8]) -> Option<BTreeMap<String, Vec<String>>> {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (decoded(&pair[..at])?, decoded(pair.get(at + 1..).unwrap_or_default())?);
        fields.entry(name).or_default().push(value);
    }
    Some(fields)
}

fn decoded(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_strictly() {
        let read = |body: &[u8]| {
            let all = fields(body)?.into_iter().map(|(name, values)| (name, values.join("|")));
            Some(all.collect::<Vec<_>>())
        };
        let pairs = |pairs: &[(&str, &str)]| {
            Some(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect::<Vec<_>>())
        };
        assert_eq!(
            read(b"a=1+2&b=%C3%A9%26%3d&&c&a=3&d=e=f"),
            pairs(&[("a", "1 2|3"), ("b", "é&="), ("c", ""), ("d", "e=f")])
        );
        assert_eq!(read(b""), pairs(&[]));
        for wrong in [&b"a=%FF"[..], b"a=\xff", b"a=%00", b"a=\0", b"%ED%A0%80=1"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
