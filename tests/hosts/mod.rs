//! Tests on real hosts: booted here, gone afterwards.

mod cut;
mod load;
mod readme;
mod failure;
mod sandbox;
mod story;
mod two;
