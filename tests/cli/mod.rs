//! What the commands print.

mod inventory;
