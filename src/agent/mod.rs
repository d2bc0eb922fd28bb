//! Floor 2: what runs on the host. Synchronous, no network, no YAML, no templates: it receives finished values.

mod confirm;
pub mod facts;
pub mod local;
pub mod lock;
pub mod serve;
pub mod store;
pub mod wire;
