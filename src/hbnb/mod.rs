//! The bundled Airbnb clone: an [`axum::Router`] and its storage.
//!
//! Read in this order: [`part`] (what can be served alone), [`settings`], [`app`] (the router), [`body`] (of a request), [`api`], [`account`], [`pages`],
//! [`model`], [`password`], [`booking`] and [`storage`], [`kept`] (answers that are still true), [`static_file`], [`picture`]
//! and [`photo`], [`seed`] and [`dump`], [`cli`].

pub mod account;
pub mod api;
pub mod app;
pub mod body;
pub mod booking;
pub mod cli;
pub mod dump;
pub mod error;
pub mod kept;
pub mod model;
pub mod pages;
pub mod part;
pub mod password;
pub mod photo;
pub mod picture;
pub mod seed;
pub mod settings;
pub mod static_file;
pub mod storage;

pub use app::app;
pub use error::Error;
pub use part::Part;
pub use settings::Settings;
pub use static_file::static_files;
