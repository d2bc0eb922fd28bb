//! What several tests need.

pub mod browser;
pub mod desk;
pub mod elsewhere;
pub mod gixy;
pub mod host;
pub mod http;
pub mod load;
pub mod mariadb;
pub mod nginx;
pub mod server;
pub mod site;
pub mod tls;
pub mod wait;
pub mod wire;
