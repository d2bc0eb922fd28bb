//! The application server as a process: its signals, its sockets, its words.

mod connections;
mod control;
mod daemon;
mod gateway;
mod http;
mod identity;
mod input;
mod log;
mod metrics;
mod notify;
mod phased;
mod proxy;
mod reload;
mod settings;
mod signals;
mod sockets;
mod stop;
mod supervision;
mod upgrade;
mod wear;
