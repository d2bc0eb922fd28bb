//! What most commands take on the command line: what to read, and how to run it.

use std::path::PathBuf;

use clap::Args;

use super::report::{Ending, Format};
use super::run::Mode;
use crate::base::secret::Mask;

/// What a command reads.
#[derive(Clone, Debug, Args)]
pub struct Input {
    /// The inventory: a YAML file in Ansible's shape
    pub inventory: PathBuf,
    /// The playbook [default: site.yml beside the inventory or in playbooks/, else the built-in]
    #[arg(long, value_name = "FILE")]
    pub playbook: Option<PathBuf>,
    /// Only these hosts: web, web-0*, all:!db, @file
    #[arg(long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// A variable that wins over the inventory's; may be repeated
    #[arg(short = 'e', long = "extra-vars", value_name = "KEY=VALUE", value_parser = pair)]
    pub extra: Vec<(String, String)>,
}

/// What a command takes that logs in.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// What it reads.
    #[command(flatten)]
    pub input: Input,
    /// How many hosts at once
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = forks)]
    pub forks: usize,
    /// How to report: tty, plain or json [default: tty on a terminal, else plain]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<Format>,
    /// Seconds to wait for another run's lock on a host
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub lock_wait: u64,
}

impl Common {
    /// How the end of a run of this command is told.
    pub fn ending<'a>(&'a self, mode: Mode, mask: &'a Mask) -> Ending<'a> {
        let (inventory, limit) = (&self.input.inventory, self.input.limit.as_deref());
        Ending { mode, format: self.format, mask, inventory, limit }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err("write it as KEY=VALUE".to_string()),
    }
}

fn forks(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("write a whole number from 1 to 1000".to_string()),
    }
}
