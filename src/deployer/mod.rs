//! Floor 3: runs on your desk. Text → values → plan → change → proof.

pub mod inventory;
pub mod login;
pub mod os;
pub mod payload;
pub mod playbook;
pub mod sandbox;
pub mod ssh;
pub mod stack;
pub mod target;
