//! The sizes in which a picture is kept.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For a page of its own.
    Large,
    /// For lists.
    Small,
}

impl Size {
    /// Both.
    pub const ALL: [Size; 2] = [Size::Large, Size::Small];

    /// So many pixels at most, either way.
    pub const fn longest(self) -> u32 {
        match self {
            Size::Large => 1600,
            Size::Small => 720,
        }
    }

    /// What the names of its files end with.
    pub const fn ending(self) -> &'static str {
        match self {
            Size::Large => ".jpg",
            Size::Small => "-small.jpg",
        }
    }
}
