//! `deployer ssh`: a shell on a host, or with `--print` the exact command line, for scripts.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use clap::Args;

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::quote;
use crate::base::say;
use crate::deployer::inventory::Inventory;
use crate::deployer::login;
use crate::deployer::reach;

/// What it takes.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The inventory: a YAML file in Ansible's shape
    inventory: PathBuf,
    /// The host's name in the inventory
    host: String,
    /// Print the ssh command line instead of running it
    #[arg(long)]
    print: bool,
    /// A command to run there instead of a shell
    #[arg(last = true)]
    command: Vec<String>,
}

/// Runs the command; on success it becomes `ssh`.
///
/// # Errors
/// Mistakes of the inventory; a host that is not in it; `ssh` is not installed.
pub fn run(arguments: &Arguments) -> Result<Exit, Vec<Diagnostic>> {
    let inventory = Inventory::load(&arguments.inventory, &[])?;
    let hosts = inventory.select(&arguments.host).map_err(|error| vec![error])?;
    let [host] = hosts.as_slice() else {
        let names: Vec<&str> = hosts.iter().map(|h| h.name.as_str()).collect();
        let many = format!("`{}` means {} hosts: {}", arguments.host, names.len(), names.join(", "));
        return Err(vec![Diagnostic::error(many).fix("name one of them")]);
    };
    let mut words = login::command_line(&reach::target(host, &inventory)?);
    words.extend(arguments.command.iter().cloned());
    if arguments.print {
        let quoted: Result<Vec<String>, _> = words.iter().map(|w| quote::shell(w)).collect();
        say::line(quoted.map_err(|r| vec![Diagnostic::error(r.to_string())])?.join(" "));
        return Ok(Exit::Wanted);
    }
    let error = std::process::Command::new("ssh").args(&words[1..]).exec();
    Err(vec![Diagnostic::error(format!("cannot run ssh: {error}")).fix("apt-get install openssh-client")])
}
