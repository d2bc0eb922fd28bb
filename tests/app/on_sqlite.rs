//! Over files of SQLite.

#[path = "api/mod.rs"]
mod api;
#[path = "course.rs"]
mod course;
#[path = "guard.rs"]
mod guard;
#[path = "import.rs"]
mod import;
#[path = "missing.rs"]
mod missing;
#[path = "storage.rs"]
mod storage;
#[path = "web.rs"]
mod web;

use super::{Answer, request};

type Site = super::Site<super::Sqlite>;
