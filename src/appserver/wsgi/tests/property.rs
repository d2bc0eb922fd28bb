//! What holds for every input. `PROPTEST_CASES` says how many are tried.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::frame::{Frame, Head, Part};
use super::{frame, frames, lines, raw};

/// `bytes` cut at `cuts`.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

/// Frames a worker may write.
fn good() -> impl Strategy<Value = Frame> {
    let line = |most: usize| {
        vec(any::<u8>().prop_filter("ends a line", |byte| *byte != b'\n'), 0..most).prop_map(Bytes::from)
    };
    let head = (line(20), vec((line(20), line(300)), 0..5), proptest::option::of(0..u64::MAX))
        .prop_map(|(status, fields, length)| Head { status, fields, length });
    let data = || vec(any::<u8>(), 0..300).prop_map(Bytes::from);
    let part = prop_oneof![
        head.clone().prop_map(Part::Head),
        head.clone().prop_map(Part::Early),
        (head, data())
            .prop_map(|(head, data)| { Part::Whole(Head { length: Some(data.len() as u64), ..head }, data) }),
        data().prop_map(Part::Data),
        any::<[u64; 2]>().prop_map(|[at, length]| Part::File(at, length)),
        any::<u64>().prop_map(Part::Written),
        (0..4u8).prop_map(|end| match end {
            0 => Part::End,
            1 => Part::Abort,
            2 => Part::Lend,
            _ => Part::Refused,
        }),
    ];
    (any::<u64>(), part).prop_map(|(number, part)| Frame { number, part })
}

/// Frames, whole and broken.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let content = vec(prop_oneof![9 => any::<u8>(), 1 => Just(b'\n')], 0..60);
    let one = prop_oneof![
        9 => good().prop_map(|good| frame(&good)),
        3 => (0..11u8, any::<u64>(), content).prop_map(|(kind, number, content)| raw(kind, number, &content)),
        1 => vec(any::<u8>(), 0..40),
    ];
    let changes = vec((any::<Index>(), any::<u8>()), 0..3);
    (vec(one, 0..6), prop_oneof![3 => Just(Vec::new()), 1 => changes]).prop_map(|(frames, changes)| {
        let mut bytes = frames.concat();
        bytes.push(0);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn frames_come_back_however_they_are_cut(
        wanted in vec(good(), 0..6),
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let sent: Vec<u8> = wanted.iter().flat_map(frame).collect();
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for piece in pieces(&sent, &cuts) {
            buffer.extend_from_slice(piece);
            let (more, end) = frames(&mut buffer);
            prop_assert_eq!(end, Ok(()));
            found.extend(more);
        }
        prop_assert_eq!(found, wanted);
        prop_assert!(buffer.is_empty());
    }

    #[test]
    fn a_frame_that_is_not_whole_waits_and_loses_nothing(wanted in good(), cut in any::<Index>()) {
        let sent = frame(&wanted);
        let part = &sent[..cut.index(sent.len())];
        let mut buffer = BytesMut::from(part);
        prop_assert_eq!(frames(&mut buffer), (Vec::new(), Ok(())));
        prop_assert_eq!(&buffer[..], part);
    }

    #[test]
    fn arbitrary_bytes_say_the_same_however_they_are_cut(
        bytes in bytes(),
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let whole = frames(&mut BytesMut::from(&bytes[..]));
        let (mut buffer, mut found) = (BytesMut::new(), (Vec::new(), Ok(())));
        for piece in pieces(&bytes, &cuts) {
            buffer.extend_from_slice(piece);
            if found.1.is_ok() {
                let (more, end) = frames(&mut buffer);
                found.0.extend(more);
                found.1 = end;
            }
        }
        prop_assert_eq!(found, whole);
    }

    #[test]
    fn no_frame_holds_more_than_came(bytes in bytes()) {
        let (found, _) = frames(&mut BytesMut::from(&bytes[..]));
        let of = |head: &Head| lines(head).len();
        let least = |frame: &Frame| 13 + match &frame.part {
            Part::Head(head) | Part::Early(head) => 8 + of(head),
            Part::Whole(head, data) => 4 + of(head) + data.len(),
            Part::Data(data) => Bytes::len(data),
            Part::File(..) => 16,
            Part::Written(_) => 8,
            Part::End | Part::Abort | Part::Refused | Part::Lend => 0,
        };
        prop_assert!(found.iter().map(least).sum::<usize>() <= bytes.len());
    }
}
