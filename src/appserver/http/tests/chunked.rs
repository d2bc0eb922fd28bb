//! Bodies in chunks.

use bytes::BytesMut;

use super::super::{Decoder, Progress, Refusal};

/// The data of `text` and what is left after it, or nothing if it is not whole.
fn decode(text: &str) -> Result<Option<(String, String)>, Refusal> {
    let (mut input, mut data) = (BytesMut::from(text), Vec::new());
    let progress = Decoder::new(40).decode(&mut input, &mut |part| data.extend_from_slice(&part))?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ok((progress == Progress::Done).then(|| (text(&data), text(&input))))
}

#[test]
fn chunks_are_joined_and_what_follows_them_stays() {
    let read = |text: &str| decode(text).unwrap().unwrap();
    assert_eq!(read("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nGET /"), ("hello!".into(), "GET /".into()));
    assert_eq!(read("0\r\n\r\n"), (String::new(), String::new()));
    assert_eq!(
        read("00a;name=\"v\";x\r\n0123456789\r\n0;y\r\nA: b\r\nC:\r\n\r\n"),
        ("0123456789".into(), String::new())
    );
}

#[test]
fn a_body_without_its_end_is_not_whole() {
    for text in [
        "",
        "5",
        "5\r",
        "5\r\nhell",
        "5\r\nhello\r",
        "5\r\nhello\r\n0",
        "0\r\n",
        "0\r\n\r",
        "0\r\nA: b",
        "0\r\nA: b\r\n\r",
        "5;a",
    ] {
        assert_eq!(decode(text), Ok(None), "{text:?}");
    }
}

#[test]
fn a_wrong_chunk_is_refused() {
    for size in [
        "g",
        "-1",
        "+1",
        "0x1",
        "1_0",
        " 1",
        "1 ",
        "1\t",
        "",
        "1 ;a",
        "1\rx",
        "1\n",
        "00000000000000001",
        "\u{661}",
    ] {
        assert_eq!(decode(&format!("{size}\r\na\r\n")), Err(Refusal::ChunkSize), "{size:?}");
    }
    let long = format!(";{}", "x".repeat(300));
    for extension in [";a\rb", ";a\nb", ";a\0", ";\u{e9}", &long] {
        assert_eq!(decode(&format!("1{extension}\r\na\r\n")), Err(Refusal::ChunkExtension), "{extension:?}");
    }
    for end in ["\n", "x", "\rx", "0\r\n"] {
        assert_eq!(decode(&format!("1\r\na{end}")), Err(Refusal::ChunkEnd), "{end:?}");
    }
    assert_eq!(decode("ffffffffffffffff\r\n"), Err(Refusal::BodyTooLarge));
    assert_eq!(decode("28\r\n"), Ok(None));
    assert_eq!(decode("29\r\n"), Err(Refusal::BodyTooLarge));
    assert_eq!(decode("1\r\na\r\n28\r\n"), Err(Refusal::BodyTooLarge));
}

#[test]
fn extensions_are_bounded_over_the_whole_body() {
    let chunk = format!("1;{}\r\na\r\n", "x".repeat(249));
    let mut input = BytesMut::from(chunk.repeat(66).as_str());
    assert_eq!(Decoder::new(u64::MAX).decode(&mut input, &mut |_| ()), Err(Refusal::ChunkExtension));
}

#[test]
fn a_wrong_trailer_is_refused() {
    for (trailer, refusal) in [
        ("Content-Length: 3", Refusal::TrailerForbidden),
        ("transfer-encoding: chunked", Refusal::TrailerForbidden),
        ("Host: b", Refusal::TrailerForbidden),
        ("Authorization: x", Refusal::TrailerForbidden),
        ("A : b", Refusal::FieldName),
        ("A", Refusal::FieldName),
        ("A: b\0", Refusal::FieldValue),
        ("A: b\r\n c", Refusal::Folded),
        (" A: b", Refusal::Folded),
        ("A: b\nC: d", Refusal::LineEnd),
    ] {
        assert_eq!(decode(&format!("0\r\n{trailer}\r\n\r\n")), Err(refusal), "{trailer:?}");
    }
    assert_eq!(decode("0\r\n\n"), Err(Refusal::LineEnd));
    assert_eq!(decode("0\r\n\rx"), Err(Refusal::ChunkEnd));
    assert_eq!(decode(&format!("0\r\n{}", "A: b\r\n".repeat(33))), Err(Refusal::TrailersTooLarge));
    assert_eq!(decode(&format!("0\r\nA: {}", "b".repeat(8200))), Err(Refusal::TrailersTooLarge));
}
