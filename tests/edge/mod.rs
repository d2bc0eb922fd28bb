//! The edge: what an application answers is the same through Nginx, as deployer renders it, and asked directly; and what a
//! site is told besides.

mod client;
mod form;
mod matrix;
mod network;
mod render;
mod site;
mod upstream;
mod world;
