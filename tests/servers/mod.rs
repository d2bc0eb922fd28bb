//! The application server as a process: its signals, its sockets, its words.

mod connections;
mod gateway;
mod http;
mod identity;
mod input;
mod notify;
mod proxy;
mod reload;
mod settings;
mod signals;
mod sockets;
mod stop;
mod supervision;
