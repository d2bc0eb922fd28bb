//! Floor 0: how we read and how we complain. Imports nothing of ours.

pub mod certificate;
pub mod diagnostic;
pub mod exit;
pub mod path;
pub mod quote;
pub mod say;
pub mod secret;
pub mod source;
pub mod template;
pub mod yaml;
