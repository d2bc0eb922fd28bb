//! What the commands print.

mod binary;
mod inventory;
