//! Why a picture was not taken.

use std::fmt;
use std::io;

use super::limit::{MAX_FILE, MAX_PICTURES, MAX_PIXELS};

/// What is wrong with an upload.
#[derive(Debug)]
pub enum Problem {
    /// There was no file, or an empty one.
    Nothing,
    /// The file has too many bytes.
    TooLong,
    /// It is no picture of a kind that we read, whatever its name says.
    Unknown,
    /// It begins like a picture, but is none to the end.
    Broken,
    /// It has too many pixels, however few bytes.
    TooLarge,
    /// The place has as many pictures as it may have.
    Full,
    /// It could not be kept: the disk is full, or not ours to write to.
    Unkept(io::Error),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Nothing => f.write_str("Choose a picture first."),
            Problem::TooLong => {
                write!(f, "This file is too large. A picture may have {} MB.", MAX_FILE >> 20)
            }
            Problem::Unknown => f.write_str("This is no picture that we know. Choose a JPEG, PNG or WebP."),
            Problem::Broken => {
                f.write_str("This picture is damaged, or only a part of it. Choose another one.")
            }
            Problem::TooLarge => {
                write!(f, "This picture is too large. It may have {} million pixels.", MAX_PIXELS / 1_000_000)
            }
            Problem::Full => {
                write!(f, "A place has at most {MAX_PICTURES} pictures. Delete one before you add another.")
            }
            Problem::Unkept(_) => f.write_str("There is no room for more pictures. Please try again later."),
        }
    }
}
