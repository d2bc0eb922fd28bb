//! Web servers: the sites of Nginx, the servers behind them, and HAProxy, each taken live as a transaction.

pub mod drain;
pub mod haproxy;
pub mod nginx;
pub mod nginx_site;
pub mod nginx_sites;
pub mod server_line;
pub mod servers;
pub mod worker;
