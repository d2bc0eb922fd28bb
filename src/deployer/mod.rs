//! Floor 3: runs on your desk. Text → values → plan → change → proof.

pub mod balance;
pub mod cli;
pub mod code;
pub mod command;
pub mod confirm;
mod control;
pub mod desk;
pub mod interrupt;
pub mod inventory;
pub mod login;
pub mod nginx;
pub mod options;
pub mod os;
pub mod payload;
pub mod playbook;
pub mod python;
pub mod reach;
pub mod report;
pub mod rolling;
pub mod run;
pub mod sandbox;
pub mod ssh;
pub mod stack;
pub mod start;
pub mod target;
pub mod tree;
pub mod values;
