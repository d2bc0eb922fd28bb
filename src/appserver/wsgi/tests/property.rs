//! What holds for every input. `PROPTEST_CASES` says how many are tried.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::frame::{Frame, Head, Part};
use super::super::marshal::{self, Value};
use super::{frame, frames, raw, row, text};

/// `bytes` cut at `cuts`.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

/// Frames a worker may write.
fn good() -> impl Strategy<Value = Frame> {
    let head = (".{0,20}", vec((".{0,20}", ".{0,300}"), 0..5), proptest::option::of(0..u64::MAX))
        .prop_map(|(status, fields, length)| Head { status, fields, length });
    let part = prop_oneof![
        head.clone().prop_map(Part::Head),
        head.prop_map(Part::Early),
        vec(any::<u8>(), 0..300).prop_map(|data| Part::Data(data.into())),
        any::<[u64; 2]>().prop_map(|[at, length]| Part::File(at, length)),
        any::<bool>().prop_map(|is_whole| if is_whole { Part::End } else { Part::Abort }),
    ];
    (any::<u64>(), part).prop_map(|(number, part)| Frame { number, part })
}

/// Values as `marshal` writes them, and what looks like such.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let short = prop_oneof![9 => 0..4u32, 1 => any::<u32>()];
    let leaf = prop_oneof![
        9 => ".{0,9}".prop_map(|letters| text(&letters)),
        1 => (short.clone(), vec(any::<u8>(), 0..9)).prop_map(|(length, bytes)| {
            [&b"u"[..], &length.to_le_bytes(), &bytes].concat()
        }),
        1 => vec(any::<u8>(), 0..9),
    ];
    leaf.prop_recursive(10, 60, 4, move |inner| {
        let kind = prop_oneof![Just(b'('), Just(b'[')];
        prop_oneof![
            9 => (kind.clone(), vec(inner.clone(), 0..4)).prop_map(|(kind, values)| row(kind, &values)),
            1 => (kind, short.clone(), vec(inner, 0..4)).prop_map(|(kind, count, values)| {
                [&[kind][..], &count.to_le_bytes(), &values.concat()].concat()
            }),
        ]
    })
}

/// Frames, whole and broken.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let content = prop_oneof![
        values(),
        (any::<u64>(), values()).prop_map(|(length, both)| [&length.to_le_bytes()[..], &both].concat()),
        vec(any::<u8>(), 0..40),
    ];
    let one = prop_oneof![
        9 => good().prop_map(|good| frame(&good)),
        3 => (0..8u8, any::<u64>(), content).prop_map(|(kind, number, content)| raw(kind, number, &content)),
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

/// How many bytes a value takes at least as `marshal` writes it.
fn size(value: &Value) -> usize {
    match value {
        // What was no UTF-8 has grown, from one byte to a replacement of three.
        Value::Text(text) => 5 + text.len() - 2 * text.matches(char::REPLACEMENT_CHARACTER).count(),
        Value::Row(values) => 5 + values.iter().map(size).sum::<usize>(),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Text(_) => 0,
        Value::Row(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
    }
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
        let of = |head: &Head| {
            let lost = |text: &String| text.len() - 2 * text.matches(char::REPLACEMENT_CHARACTER).count();
            let fields = head.fields.iter().map(|(name, value)| 15 + lost(name) + lost(value));
            23 + lost(&head.status) + fields.sum::<usize>()
        };
        let least = |frame: &Frame| 13 + match &frame.part {
            Part::Head(head) | Part::Early(head) => of(head),
            Part::Data(data) => Bytes::len(data),
            Part::File(..) => 16,
            Part::End | Part::Abort => 0,
        };
        prop_assert!(found.iter().map(least).sum::<usize>() <= bytes.len());
    }

    #[test]
    fn a_value_holds_no_more_than_its_bytes_and_nests_as_deep_as_it_may(bytes in values()) {
        if let Some(value) = marshal::read(&bytes) {
            prop_assert!(size(&value) <= bytes.len() && depth(&value) <= 8, "{value:?}");
        }
    }
}
