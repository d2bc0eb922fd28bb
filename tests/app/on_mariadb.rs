//! Over databases of a MariaDB server.

#![expect(clippy::duplicate_mod, reason = "the same tests hold on both engines")]

#[path = "account/mod.rs"]
mod account;
#[path = "api/mod.rs"]
mod api;
#[path = "booking.rs"]
mod booking;
#[path = "course.rs"]
mod course;
#[path = "find.rs"]
mod find;
#[path = "fresh.rs"]
mod fresh;
#[path = "import.rs"]
mod import;
#[path = "listing.rs"]
mod listing;
#[path = "missing.rs"]
mod missing;
#[path = "place_page.rs"]
mod place_page;
#[path = "review.rs"]
mod review;
#[path = "storage.rs"]
mod storage;
#[path = "trip.rs"]
mod trip;
#[path = "upload.rs"]
mod upload;
#[path = "web.rs"]
mod web;

use super::{Answer, guest, request};

type Site = super::Site<super::MariaDb>;
