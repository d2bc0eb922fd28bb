//! Over files of SQLite.

#[path = "api.rs"]
mod api;
#[path = "missing.rs"]
mod missing;
#[path = "storage.rs"]
mod storage;
#[path = "web.rs"]
mod web;

use super::{Answer, request};

type Site = super::Site<super::Sqlite>;
