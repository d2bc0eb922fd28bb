//! Over databases of a MariaDB server.

#![expect(clippy::duplicate_mod, reason = "the same tests hold on both engines")]

#[path = "api/mod.rs"]
mod api;
#[path = "course.rs"]
mod course;
#[path = "import.rs"]
mod import;
#[path = "missing.rs"]
mod missing;
#[path = "storage.rs"]
mod storage;
#[path = "web.rs"]
mod web;

use super::{Answer, request};

type Site = super::Site<super::MariaDb>;
