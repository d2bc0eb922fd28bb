//! What holds for every input. `PROPTEST_CASES` says how many are tried.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::fastcgi::{self, Decoder};
use super::super::proxy::{Mode, Source, parse};
use super::super::uwsgi;
use super::fastcgi::{events, pairs, record, short};
use super::proxy::binary;
use super::uwsgi::packet;

/// `bytes` cut at `cuts`.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

fn borrowed(owned: &[(String, String)]) -> Vec<(&str, &str)> {
    owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn variables() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[A-Z_]{1,200}", "[^\0]{0,100}"), 0..8)
}

/// Records that may make sense, whole and broken.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let content = prop_oneof![
        Just(Vec::new()),
        Just(vec![0, 1, 1, 0, 0, 0, 0, 0]),
        variables().prop_map(|vars| pairs(&borrowed(&vars))),
        vec(any::<u8>(), 0..40),
    ];
    let one = (prop_oneof![9 => 0..12u8, 1 => any::<u8>()], 0..3u8, content, 0..9u8)
        .prop_map(|(kind, id, content, padding)| record(kind, id, &content, padding));
    let one = prop_oneof![9 => one, 1 => vec(any::<u8>(), 0..20)];
    vec(one, 0..10).prop_map(|records| records.concat())
}

proptest! {
    #[test]
    fn however_records_are_cut_they_say_the_same(
        bytes in records(),
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let whole = events(&mut Decoder::default(), &bytes);
        let (mut decoder, mut input, mut found) = (Decoder::default(), BytesMut::new(), (Vec::new(), None));
        for piece in pieces(&bytes, &cuts) {
            input.extend_from_slice(piece);
            while found.1.is_none() {
                match decoder.next(&mut input) {
                    Ok(Some(event)) => found.0.push(short(&event)),
                    Ok(None) => break,
                    Err(refusal) => found.1 = Some(refusal),
                }
            }
        }
        prop_assert_eq!(found, whole);
    }

    #[test]
    fn a_request_over_fastcgi_comes_back(
        vars in variables(),
        body in vec(any::<u8>(), 0..300),
        cut in 1..50usize,
    ) {
        let vars: Vec<_> = vars.into_iter().filter(|(name, _)| name != "CONTENT_LENGTH").collect();
        let begin = record(1, 1, &[0, 1, 0, 0, 0, 0, 0, 0], 0);
        let part = |kind, bytes: &[u8]| bytes.chunks(cut).flat_map(|part| record(kind, 1, part, 1)).collect::<Vec<_>>();
        let bytes = [
            begin,
            part(4, &pairs(&borrowed(&vars))),
            record(4, 1, b"", 0),
            part(5, &body),
            record(5, 1, b"", 0),
        ];
        let (found, refusal) = events(&mut Decoder::default(), &bytes.concat());
        let said = vars.iter().map(|(name, value)| format!("{name}={}", value.as_bytes().escape_ascii()));
        prop_assert_eq!(&found[0], &format!("request 1 false {}", said.collect::<Vec<_>>().join(" ")));
        let got: String = found.iter().filter_map(|event| event.strip_prefix("body ")).collect();
        prop_assert_eq!(got, body.escape_ascii().to_string());
        prop_assert_eq!((found.last().map(String::as_str), refusal), (Some("end"), None));
    }

    #[test]
    fn an_answer_over_fastcgi_is_its_bytes_in_records(body in vec(any::<u8>(), 0..3000), id in 1..9u16) {
        let body = body.repeat(50);
        let mut out = BytesMut::new();
        fastcgi::stdout(&mut out, id, &body);
        let (mut rest, mut got) = (&out[..], Vec::new());
        while let [1, 6, 0, number, high, low, 0, 0, content @ ..] = rest {
            prop_assert_eq!(u16::from(*number), id);
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            prop_assert!(length > 0);
            got.extend_from_slice(&content[..length]);
            rest = &content[length..];
        }
        prop_assert!(rest.is_empty() && got == body);
    }

    #[test]
    fn a_packet_comes_back_and_no_part_of_it_is_a_packet(
        vars in variables(),
        tail in vec(any::<u8>(), 0..20),
    ) {
        let vars = borrowed(&vars);
        let sent = packet(&vars);
        let mut buffer = BytesMut::from(&[&sent[..], &tail].concat()[..]);
        let got = uwsgi::take(&mut buffer).unwrap().unwrap();
        let wanted: Vec<_> = vars.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        prop_assert_eq!(got.iter().collect::<Vec<_>>(), wanted);
        prop_assert_eq!(&buffer[..], &tail[..]);
        for end in 0..sent.len() {
            prop_assert!(uwsgi::take(&mut BytesMut::from(&sent[..end])).unwrap().is_none());
        }
    }

    #[test]
    fn arbitrary_packets_are_read_or_refused(bytes in vec(any::<u8>(), 0..100), length in 0..64u16) {
        let bytes = [&[0], &length.to_le_bytes()[..], &[0], &bytes].concat();
        if let Ok(Some(vars)) = uwsgi::take(&mut BytesMut::from(&bytes[..])) {
            let _ = (vars.method(), vars.length(), vars.path());
        }
    }

    #[test]
    fn arbitrary_bytes_are_a_proxy_header_or_refused_and_more_bytes_do_not_change_it(
        bytes in prop_oneof![
            vec(any::<u8>(), 0..200),
            "PROXY (TCP4|TCP6|UNKNOWN)[ 0-9a-f.:]{0,60}\r?\n?".prop_map(String::into_bytes),
            (any::<u8>(), any::<u8>(), 0..99u16, vec(any::<u8>(), 0..99)).prop_map(|(command, family, length, rest)| {
                [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[command, family], &length.to_be_bytes(), &rest].concat()
            }),
        ],
        cut in any::<Index>(),
    ) {
        for mode in [Mode::V1, Mode::V2, Mode::Auto] {
            let early = parse(&bytes[..cut.index(bytes.len() + 1)], mode);
            if early != Ok(None) {
                prop_assert_eq!(parse(&bytes, mode), early);
            }
        }
    }

    #[test]
    fn a_client_comes_back_from_either_form(
        (from, to) in prop_oneof![
            any::<(Ipv4Addr, Ipv4Addr)>().prop_map(|(from, to)| (IpAddr::V4(from), IpAddr::V4(to))),
            any::<(Ipv6Addr, Ipv6Addr)>().prop_map(|(from, to)| (IpAddr::V6(from), IpAddr::V6(to))),
        ],
        ports in any::<[u16; 2]>(),
    ) {
        let source = Source::Client { from: (from, ports[0]).into(), to: (to, ports[1]).into() };
        let name = if from.is_ipv4() { "TCP4" } else { "TCP6" };
        let line = format!("PROXY {name} {from} {to} {} {}\r\n", ports[0], ports[1]);
        prop_assert_eq!(parse(line.as_bytes(), Mode::Auto), Ok(Some((source, line.len()))));
        let address = |ip| match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let rest = [address(from), address(to), ports.map(u16::to_be_bytes).concat()].concat();
        let sent = binary(0x21, if from.is_ipv4() { 0x11 } else { 0x21 }, &rest);
        prop_assert_eq!(parse(&sent, Mode::Auto), Ok(Some((source, sent.len()))));
    }
}
