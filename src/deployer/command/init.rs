//! `deployer init`: a commented inventory to start from.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;

/// The manual's example: three servers of a student.
const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/inventories/production.yml"));

/// What it takes.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// Where to write `inventory.yml`; made if need be
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// Runs the command; an inventory that is there stays as it is.
///
/// # Errors
/// There is one already; the directory cannot be written.
pub fn run(arguments: &Arguments) -> Result<Exit, Vec<Diagnostic>> {
    let path = arguments.directory.join("inventory.yml");
    let shown = path.display();
    let example = EXAMPLE.replace("inventories/production.yml", "inventory.yml");
    let written = fs::create_dir_all(&arguments.directory)
        .and_then(|()| File::create_new(&path))
        .and_then(|mut file| file.write_all(example.as_bytes()));
    match written {
        Ok(()) => {
            say::line(format_args!(
                "{shown}: put the addresses of your servers in, then: deployer check {shown}"
            ));
            Ok(Exit::Wanted)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let error = Diagnostic::error(format!("`{shown}` exists already and was left as it is"));
            Err(vec![error.fix("name another directory: deployer init DIR")])
        }
        Err(error) => Err(vec![Diagnostic::error(format!("cannot write `{shown}`: {error}"))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::inventory::Inventory;

    #[test]
    fn the_inventory_it_writes_can_be_read_and_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let arguments = Arguments { directory: directory.path().join("new") };
        assert_eq!(run(&arguments).unwrap(), Exit::Wanted);
        let inventory = Inventory::load(&directory.path().join("new/inventory.yml"), &[]).unwrap();
        assert_eq!(inventory.hosts.len(), 3);
        assert_eq!(run(&arguments).unwrap_err().len(), 1);
    }
}
