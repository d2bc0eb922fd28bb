//! Floor 3: the application server.
