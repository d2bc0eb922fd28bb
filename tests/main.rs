//! The one test binary: everything that is tested from outside the library.

mod tidy;
