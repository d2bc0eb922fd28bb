//! Over databases of a MariaDB server.

#[path = "api.rs"]
mod api;
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
