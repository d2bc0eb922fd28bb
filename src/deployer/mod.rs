//! Floor 3: runs on your desk.
