//! The edge: what an application answers is the same through Nginx, as deployer renders it, and asked directly.

mod client;
mod form;
mod matrix;
mod network;
mod world;
