//! The application server as a process: its signals, its sockets, its words.

mod daemon;
mod identity;
mod input;
mod notify;
mod reload;
mod settings;
mod signals;
mod sockets;
mod stop;
mod supervision;
mod upgrade;
mod wear;
