//! What the commands print.

mod binary;
mod cases;
mod inventory;
