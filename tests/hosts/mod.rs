//! Tests on real hosts: booted here, gone afterwards.

mod readme;
mod sandbox;
