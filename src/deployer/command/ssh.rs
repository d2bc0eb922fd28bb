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
use crate::deployer::target::Target;

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
    /// A command to run there instead of a shell: its words as they are, or one line of shell
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
    let target = reach::target(host, &inventory)?;
    let words = command_line(&target, &arguments.command)?;
    if arguments.print {
        say::line(line(&words)?);
        return Ok(Exit::Wanted);
    }
    let error = std::process::Command::new(&words[0]).args(&words[1..]).exec();
    let failed = Diagnostic::error(format!("cannot run {}: {error}", words[0]));
    Err(vec![if target.local { failed } else { failed.fix("apt-get install openssh-client") }])
}

/// The words that run the command there, or a shell. What goes to the host is one text for its shell: several words are
/// quoted, so that they arrive as they were typed; a single one may be a line of shell.
fn command_line(target: &Target, command: &[String]) -> Result<Vec<String>, Vec<Diagnostic>> {
    match (target.local, command) {
        (true, []) => Ok(vec![std::env::var("SHELL").unwrap_or("/bin/sh".into())]),
        (true, [one]) => Ok(["/bin/sh", "-c", one].map(String::from).to_vec()),
        (true, several) => Ok(several.to_vec()),
        (false, several) => {
            let mut words = login::command_line(target);
            match several {
                [] => {}
                [one] => words.push(one.clone()),
                several => words.push(line(several)?),
            }
            Ok(words)
        }
    }
}

fn line(words: &[String]) -> Result<String, Vec<Diagnostic>> {
    let quoted: Result<Vec<String>, _> = words.iter().map(|word| quote::shell(word)).collect();
    Ok(quoted.map_err(|refusal| vec![Diagnostic::error(refusal.to_string())])?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(local: bool, command: &[&str]) -> Vec<String> {
        let target = Target { local, address: "203.0.113.10".into(), ..Target::default() };
        let command: Vec<String> = command.iter().map(ToString::to_string).collect();
        command_line(&target, &command).unwrap()
    }

    #[test]
    fn words_arrive_as_they_were_typed_and_a_single_one_is_a_line_of_shell() {
        let last = |command: &[&str]| sent(false, command).pop().unwrap();
        assert_eq!(last(&["sh", "-c", "echo a; echo b"]), "sh -c 'echo a; echo b'");
        assert_eq!(last(&["uptime; id"]), "uptime; id");
        assert_eq!(last(&[]), "203.0.113.10");
    }

    #[test]
    fn on_this_machine_it_runs_without_ssh() {
        assert_eq!(sent(true, &["sh", "-c", "a; b"]), ["sh", "-c", "a; b"]);
        assert_eq!(sent(true, &["uptime; id"]), ["/bin/sh", "-c", "uptime; id"]);
    }
}
