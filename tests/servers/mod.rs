//! The application server as a process: its signals, its sockets, its words.

mod control;
mod input;
mod log;
mod metrics;
mod notify;
mod reload;
mod sockets;
mod stop;
mod supervision;
