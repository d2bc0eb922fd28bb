//! Where a part of a buffer is, so that a value can own its bytes and still name their parts.

/// A part of a buffer of at most 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Where `part` lies in `whole`; one that lies elsewhere is empty.
    pub fn of(whole: &[u8], part: &[u8]) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        if start <= whole.len() && part.len() <= whole.len() - start {
            Self { start: start as u32, end: (start + part.len()) as u32 }
        } else {
            Self::default()
        }
    }

    /// The part itself.
    pub fn get(self, whole: &[u8]) -> &[u8] {
        &whole[self.start as usize..self.end as usize]
    }
}
