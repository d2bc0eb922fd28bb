//! How much is allowed.

/// The longest file, in bytes: what telephones send is smaller.
pub const MAX_FILE: usize = 5 << 20;
/// The most pixels of an upload. A picture of 10 KB can unfold to as many as it likes; these take 75 MB.
pub const MAX_PIXELS: u64 = 25_000_000;
/// The most bytes that its decoder may ask for.
pub const MAX_MEMORY: u64 = 128 << 20;
/// The most pictures of a place.
pub const MAX_PICTURES: usize = 20;
