//! The corners of PEP 3333, each demanded as the standard has it.

mod begin;
mod close;
mod environ;
mod file;
mod frame;
mod head;
mod input;
mod large;
mod prefix;
mod said;
mod stream;
