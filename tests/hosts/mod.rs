//! Tests on real hosts: booted here, gone afterwards.

mod balancer;
mod cut;
mod failure;
mod front;
mod hardening;
mod load;
mod python;
mod readme;
mod sandbox;
mod sites;
mod story;
mod tls;
mod two;
