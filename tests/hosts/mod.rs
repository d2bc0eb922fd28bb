//! Tests on real hosts: booted here, gone afterwards.

mod sandbox;
