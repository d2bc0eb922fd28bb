//! What holds for every input. `PROPTEST_CASES` says how many are tried.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::plan::{Asked, Plan};
use super::super::{Decoder, Head, Progress, Reader, Refusal, Rules, Version, answer, path};

/// First lines of requests.
const LINES: [&str; 12] = [
    "GET / HTTP/1.1\r\nHost: a\r\n",
    "POST /a?b HTTP/1.1\r\nHost: [::1]:8\r\n",
    "HEAD http://a:1 HTTP/1.1\r\nhost:a\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n",
    "GET / HTTP/1.0\r\n",
    "\r\nGET /\u{e9} HTTP/1.0\r\n",
    "GET / HTTP/1.1\r\n",
    "get / HTTP/1.1\r\n",
    "GET /#a HTTP/1.1\r\n",
    "GET / HTTP/2.0\r\n",
    "GET / HTTP/1.1\n",
    "CONNECT a HTTP/1.1\r\n",
];
/// Fields that may stand in one request.
const FIELDS: [&str; 10] = [
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "Content-Type: a/b\r\n",
    "A: b\r\n",
    "A:\r\n",
    "A:\t b c \r\n",
    "A: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
];
/// Chunks, sizes and trailers.
const CHUNKS: [&str; 7] = [
    "1\r\na\r\n",
    "3;a=b\r\nabc\r\n",
    "a\r\n0123456789\r\n",
    "00A; x\r\n0123456789\r\n",
    "0\r\nA: b\r\n",
    "0\r\n",
    "0\r\n\r\n",
];
/// What breaks either.
const BROKEN: [&str; 36] = [
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    ":",
    " ",
    "\t",
    ";",
    "_",
    "+",
    "0x",
    "\0",
    "\u{e9}",
    "a",
    "f",
    "GET",
    "/",
    "#",
    " b\r\n",
    "A :b\r\n",
    ": b\r\n",
    "A: b\n",
    "A\r\n",
    "Content-Length: +3\r\n",
    "Content-Length: 3, 3\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Transfer-Encoding: ,\r\n",
    "Expect: x\r\n",
    "Host: a b\r\n",
    "Host: a\r\n",
    "A: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
    ";a\r",
    ";a=\"b\"",
    "ffffffffffffffff",
    "fffffffffffffffff",
    "0",
];

/// Some of `parts`, and here and there something that breaks them.
fn parts(parts: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        16 => select(parts).prop_map(|part| part.as_bytes().to_vec()),
        1 => select(&BROKEN[..]).prop_map(|part| part.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..3),
    ];
    vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// A few requests, most of them right.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![4 => select(&LINES[..6]), 1 => select(&LINES[..])];
    let one = (line, parts(&FIELDS)).prop_map(|(line, fields)| [line.as_bytes(), &fields, b"\r\n"].concat());
    vec(one, 0..4).prop_map(|requests| requests.concat())
}

/// `bytes` cut at `cuts`.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

/// The heads in `pieces`, in words, and what ended them.
fn heads(pieces: &[&[u8]]) -> (Vec<String>, Option<Refusal>, Vec<u8>) {
    let rules = Rules { line: 60, fields: 8, field_bytes: 40, ..Rules::default() };
    let (mut buffer, mut reader, mut found) = (BytesMut::new(), Reader::default(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match Head::take(&mut buffer, &mut reader, &rules) {
                Ok(Some(head)) => found.push(format!("{head:?}")),
                Ok(None) => break,
                Err(refusal) => return (found, Some(refusal), Vec::new()),
            }
        }
    }
    (found, None, buffer.to_vec())
}

/// The data in `pieces`, and what ended it.
fn body(pieces: &[&[u8]]) -> (Vec<u8>, Result<Progress, Refusal>, Vec<u8>) {
    let (mut input, mut decoder, mut data) = (BytesMut::new(), Decoder::new(30), Vec::new());
    let mut last = Ok(Progress::More);
    for piece in pieces {
        input.extend_from_slice(piece);
        if last == Ok(Progress::More) {
            last = decoder.decode(&mut input, &mut |part: Bytes| data.extend_from_slice(&part));
        }
    }
    let rest = if last.is_ok() { input.to_vec() } else { Vec::new() };
    (data, last, rest)
}

proptest! {
    #[test]
    fn however_a_request_is_cut_it_says_the_same(
        bytes in prop_oneof![9 => requests(), 1 => vec(any::<u8>(), 0..60)],
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let whole = heads(&[&bytes]);
        prop_assert_eq!(&heads(&pieces(&bytes, &cuts)), &whole);
        prop_assert_eq!(heads(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_is_taken_is_what_another_parser_takes(bytes in requests()) {
        let mut buffer = BytesMut::from(&bytes[..]);
        if let Ok(Some(head)) = Head::take(&mut buffer, &mut Reader::default(), &Rules::default())
            && str::from_utf8(head.target()).is_ok()
        {
            let mut room = [httparse::EMPTY_HEADER; 100];
            let mut other = httparse::Request::new(&mut room);
            let length = bytes.len() - buffer.len();
            prop_assert_eq!(other.parse(&bytes), Ok(httparse::Status::Complete(length)));
            prop_assert_eq!((other.method, other.path.map(str::as_bytes)), (Some(head.method()), Some(head.target())));
            prop_assert_eq!(other.version, Some(u8::from(head.version() == Version::Http11)));
            let fields: Vec<_> = other.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
            prop_assert_eq!(head.fields().collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn a_request_comes_back(
        method in "[A-Z][A-Z-]{2,19}",
        target in "/[!-\"$->@-~]{0,40}",
        query in "[!-\"$-~]{0,40}",
        fields in vec(("X[!#$%&'*+.^_`|~0-9A-Za-z-]{0,20}", "([!-~\u{80}-\u{ff}]([ \t!-~]{0,30}[!-~])?)?"), 0..9),
    ) {
        prop_assume!(method != "CONNECT");
        let mut sent = format!("{method} {target}?{query} HTTP/1.1\r\nHost: a\r\n");
        for (name, value) in &fields {
            sent += &format!("{name}: \t{value} \r\n");
        }
        let mut buffer = BytesMut::from(format!("{sent}\r\nrest").as_str());
        let head = Head::take(&mut buffer, &mut Reader::default(), &Rules::default()).unwrap().unwrap();
        prop_assert_eq!(&buffer[..], b"rest");
        prop_assert_eq!((head.method(), head.path()), (method.as_str(), target.as_bytes()));
        prop_assert_eq!(head.query(), query.as_bytes());
        let wanted: Vec<_> = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        prop_assert_eq!(head.fields().skip(1).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn however_a_body_is_cut_it_is_the_same(
        bytes in prop_oneof![9 => parts(&CHUNKS), 1 => vec(any::<u8>(), 0..60)],
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let whole = body(&[&bytes]);
        prop_assert_eq!(&body(&pieces(&bytes, &cuts)), &whole);
        prop_assert_eq!(body(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_was_put_into_chunks_comes_back(
        chunks in vec((vec(any::<u8>(), 1..300), "(;[a-z]{1,5}(=[a-z]{1,5})?)?"), 0..8),
        trailers in vec("X-[a-z]{1,5}: [a-z]{0,5}", 0..4),
    ) {
        let (mut sent, mut data) = (BytesMut::new(), Vec::new());
        for (chunk, extension) in &chunks {
            answer::chunk_size(&mut sent, chunk.len());
            sent.truncate(sent.len() - 2);
            for part in [extension.as_bytes(), b"\r\n", chunk, b"\r\n"] {
                sent.extend_from_slice(part);
            }
            data.extend_from_slice(chunk);
        }
        sent.extend_from_slice(b"0\r\n");
        for trailer in &trailers {
            sent.extend_from_slice(format!("{trailer}\r\n").as_bytes());
        }
        sent.extend_from_slice(b"\r\nrest");
        let mut got = Vec::new();
        let progress = Decoder::new(9000).decode(&mut sent, &mut |part| got.extend_from_slice(&part));
        prop_assert_eq!((progress, got, &sent[..]), (Ok(Progress::Done), data, &b"rest"[..]));
    }

    #[test]
    fn an_answer_is_sent_only_if_a_client_reads_it_as_one(
        status in prop_oneof!["[1-9][0-9]{2}( [ -~]{0,20})?", "[ -~\r\n]{0,20}"],
        fields in vec((
            prop_oneof!["[A-Za-z-]{1,12}", "[ -~\r\n\0]{0,6}"],
            prop_oneof!["[!-~][ -~\t]{0,20}[!-~]", vec(any::<u8>(), 0..6).prop_map(|bytes| String::from_utf8_lossy(&bytes).into())],
        ), 0..5),
        (is_head, is_new, keeps_alive) in any::<(bool, bool, bool)>(),
    ) {
        let version = if is_new { Version::Http11 } else { Version::Http10 };
        let fields = || fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let code = answer::status(status.as_bytes()).unwrap_or(500);
        let plan = Plan::new(Asked { is_head, version, keeps_alive }, code, None, None);
        let mut out = BytesMut::new();
        if answer::head(&mut out, status.as_bytes(), fields(), &plan, "today").is_ok() {
            let mut room = [httparse::EMPTY_HEADER; 20];
            let mut read = httparse::Response::new(&mut room);
            prop_assert_eq!(read.parse(&out), Ok(httparse::Status::Complete(out.len())));
            prop_assert_eq!(read.code, Some(code));
            prop_assert!(out.iter().filter(|byte| **byte == b'\n').count() == read.headers.len() + 2);
            prop_assert!(read.headers.len() <= fields().len() + 4);
        } else {
            prop_assert!(out.is_empty());
        }
    }

    #[test]
    fn a_mounted_path_is_its_two_parts(
        raw in "(/|/a|/b|%2[fF]|%|x|é){0,6}",
        prefixes in vec("(/|/a|/b|x){0,3}", 0..4),
    ) {
        let path = path::decode(raw.as_bytes());
        if let Some((script, info)) = path::mount(&path, &prefixes) {
            prop_assert_eq!([script, info].concat(), path.to_vec());
            prop_assert!(script.is_empty() || info.is_empty() || info.starts_with(b"/"));
            prop_assert!(!script.ends_with(b"/"));
        }
    }
}
