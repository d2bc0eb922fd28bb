//! PROXY headers.

use super::super::proxy::{Mode, Source, parse};
use crate::appserver::http::Refusal;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn client(from: &str, to: &str) -> Source {
    Source::Client { from: from.parse().unwrap(), to: to.parse().unwrap() }
}

/// A header of version 2.
pub fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    [SIGNATURE, &[command, family], &(rest.len() as u16).to_be_bytes(), rest].concat()
}

#[test]
fn a_line_of_text_names_the_client() {
    let read = |line: &str| parse(line.as_bytes(), Mode::V1);
    let line = "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n";
    assert_eq!(
        read(&format!("{line}GET / HTTP/1.1\r\n")),
        Ok(Some((client("192.0.2.1:56324", "10.0.0.1:443"), line.len())))
    );
    assert_eq!(
        read("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"),
        Ok(Some((client("[2001:db8::1]:0", "[::1]:65535"), 36)))
    );
    assert_eq!(read("PROXY UNKNOWN\r\n"), Ok(Some((Source::Peer, 15))));
    assert_eq!(read("PROXY UNKNOWN ffff::1 anything 1 2\r\n"), Ok(Some((Source::Peer, 36))));
}

#[test]
fn a_wrong_line_is_refused() {
    for line in [
        "GET / HTTP/1.1\r\n",
        "PROXX",
        "PROXY\tTCP4",
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
        "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 localhost 2.2.2.2 1 2\r\n",
    ] {
        assert_eq!(parse(line.as_bytes(), Mode::V1), Err(Refusal::Proxy), "{line:?}");
    }
    let long = format!("PROXY UNKNOWN {}", "x".repeat(93));
    assert_eq!(parse(long.as_bytes(), Mode::V1), Err(Refusal::Proxy));
    assert_eq!(parse(&long.as_bytes()[..106], Mode::V1), Ok(None));
}

#[test]
fn a_binary_header_names_the_client_and_its_extensions_are_skipped() {
    let rest = [192, 0, 2, 1, 10, 0, 0, 1, 0xdc, 4, 1, 0xbb, 3, 0, 1, 9];
    let bytes = [binary(0x21, 0x11, &rest), b"GET".to_vec()].concat();
    assert_eq!(parse(&bytes, Mode::V2), Ok(Some((client("192.0.2.1:56324", "10.0.0.1:443"), 32))));
    let mut rest = [0; 36];
    (rest[15], rest[31], rest[33], rest[35]) = (1, 2, 80, 81);
    assert_eq!(parse(&binary(0x21, 0x21, &rest), Mode::Auto), Ok(Some((client("[::1]:80", "[::2]:81"), 52))));
    for (command, family) in [(0x20, 0), (0x20, 0x11), (0x21, 0), (0x21, 0x12), (0x21, 0x31)] {
        assert_eq!(parse(&binary(command, family, b"abc"), Mode::V2), Ok(Some((Source::Peer, 19))));
    }
}

#[test]
fn a_wrong_binary_header_is_refused() {
    for bytes in [
        binary(0x11, 0x11, &[0; 12]),
        binary(0x22, 0x11, &[0; 12]),
        binary(0x21, 0x11, &[0; 11]),
        binary(0x21, 0x21, &[0; 35]),
        binary(0x21, 0x41, &[0; 36]),
        binary(0x20, 0, &[0; 4097]),
    ] {
        assert_eq!(parse(&bytes, Mode::V2), Err(Refusal::Proxy), "{bytes:?}");
    }
}

#[test]
fn only_the_version_that_is_spoken_is_read() {
    let line = b"PROXY UNKNOWN\r\n";
    let binary = binary(0x20, 0, b"");
    assert_eq!(parse(line, Mode::V2), Err(Refusal::Proxy));
    assert_eq!(parse(&binary, Mode::V1), Err(Refusal::Proxy));
    assert_eq!(parse(line, Mode::Auto), Ok(Some((Source::Peer, 15))));
    assert_eq!(parse(&binary, Mode::Auto), Ok(Some((Source::Peer, 16))));
    assert_eq!(parse(b"", Mode::Auto), Ok(None));
}
