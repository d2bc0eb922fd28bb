//! Tests on real hosts: booted here, gone afterwards.

mod cut;
mod failure;
mod front;
mod load;
mod python;
mod readme;
mod sandbox;
mod story;
mod tls;
mod two;
