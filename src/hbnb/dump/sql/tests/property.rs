//! What holds for every text, however it is cut.

use std::io;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A text that comes in pieces of these sizes, over and over.
struct Pieces<'t> {
    text: &'t [u8],
    sizes: Vec<usize>,
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()];
        self.next += 1;
        let count = size.min(room.len()).min(self.text.len());
        room[..count].copy_from_slice(&self.text[..count]);
        self.text = &self.text[count..];
        Ok(count)
    }
}

/// Pieces of SQL, in any order.
fn sql() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("INSERT INTO states (id, created_at, updated_at, name) VALUES ".to_string()),
        Just("('s', '2017-03-25 02:17:06', '2017-03-25 02:17:06', 'x')".to_string()),
        Just("CREATE TABLE states (`id` int, name int) CHARSET=latin1;".to_string()),
        Just("/*!40101 SET NAMES latin1 */;".to_string()),
        Just("DELIMITER ;;\n".to_string()),
        "[-;,()'\"`\\\\/*!# \n.x0eM_@é]{0,6}",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

fn anyhow(text: &[u8]) -> String {
    format!("{:?}", found(text, Unknown::Skip))
}

proptest! {
    #[test]
    fn a_dump_says_the_same_however_it_comes(sizes in vec(1usize..40, 1..8)) {
        let pieces = Pieces { text: DUMP.as_bytes(), sizes, next: 0 };
        prop_assert_eq!(found(pieces, Unknown::Refuse), found(DUMP.as_bytes(), Unknown::Refuse));
    }

    #[test]
    fn anything_says_the_same_however_it_comes(text in sql(), sizes in vec(1usize..9, 1..6)) {
        let pieces = Pieces { text: &text, sizes, next: 0 };
        prop_assert_eq!(format!("{:?}", found(pieces, Unknown::Skip)), anyhow(&text));
    }

    #[test]
    fn no_bytes_are_too_odd(text in vec(any::<u8>(), 0..200)) {
        anyhow(&text);
    }

    #[test]
    fn a_dump_with_a_changed_byte_is_read_or_refused(at in 0..DUMP.len(), byte in any::<u8>()) {
        let mut text = DUMP.as_bytes().to_vec();
        text[at] = byte;
        anyhow(&text);
    }

    #[test]
    fn any_text_comes_back_from_quotes(text in ".{0,128}") {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\0', "\\0");
        prop_assert_eq!(rows(insert(&format!("'{escaped}'"))), [state("s", &text)]);
    }
}
