//! What an application is made of: its release directory and its Python environment.

pub mod python_env;
pub mod release;
