//! One file a command.

pub mod apply;
pub mod check;
pub mod init;
pub mod inventory;
pub mod plan;
pub mod render;
pub mod sandbox;
pub mod ssh;
pub mod verify;
