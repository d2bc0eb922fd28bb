//! `deployer inventory`: the resolved inventory, in the shapes of `ansible-inventory`.

use std::path::PathBuf;

use clap::Args;

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;
use crate::deployer::inventory::Inventory;

/// What it takes.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The inventory: a YAML file in Ansible's shape
    inventory: PathBuf,
    /// The variables of one host
    #[arg(long, value_name = "NAME", conflicts_with = "graph")]
    host: Option<String>,
    /// The groups as a tree
    #[arg(long)]
    graph: bool,
    /// YAML instead of JSON
    #[arg(long, conflicts_with = "graph")]
    yaml: bool,
}

/// Runs the command.
///
/// # Errors
/// Mistakes of the inventory; a host that is not in it.
pub fn run(arguments: &Arguments) -> Result<Exit, Vec<Diagnostic>> {
    let inventory = Inventory::load(&arguments.inventory, &[])?;
    for warning in &inventory.warnings {
        say::aside(format_args!("{warning}\n"));
    }
    if arguments.graph {
        say::text(inventory.graph());
        return Ok(Exit::Wanted);
    }
    let tree = match &arguments.host {
        Some(name) => inventory.host_json(name).map_err(|error| vec![error])?,
        None => inventory.to_json(),
    };
    let text = match arguments.yaml {
        true => serde_yaml::to_string(&tree).map_err(|e| e.to_string()),
        false => serde_json::to_string_pretty(&tree).map(|t| t + "\n").map_err(|e| e.to_string()),
    };
    say::text(text.map_err(|error| vec![Diagnostic::error(error).exit(Exit::Bug)])?);
    Ok(Exit::Wanted)
}
