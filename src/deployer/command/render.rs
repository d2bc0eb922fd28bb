//! `deployer render`: the files each host would get, offline, shaped like the host.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;
use crate::base::source::Source;
use crate::base::yaml;
use crate::deployer::desk::{Desk, Secrets};
use crate::deployer::options::Input;
use crate::deployer::os;
use crate::deployer::report;
use crate::deployer::stack::Words;
use crate::deployer::tree;

/// What it takes.
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The directory to write into, a folder a host; `-` prints
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Facts of the hosts, as a YAML or JSON file
    #[arg(long, value_name = "FILE", conflicts_with = "os")]
    facts: Option<PathBuf>,
    /// Facts of a release: ubuntu-14.04 … ubuntu-26.04, debian-11 … debian-13
    #[arg(long, value_name = "RELEASE", default_value = "ubuntu-24.04")]
    os: String,
}

/// Runs the command.
///
/// # Errors
/// Every mistake of the input; a directory that cannot be written.
pub fn run(arguments: &Arguments, words: Words) -> Result<Exit, Vec<Diagnostic>> {
    let desk = Desk::open(&arguments.input, Secrets::Fetched, words)?;
    let mut files = 0;
    for host in &desk.hosts {
        let facts = match &arguments.facts {
            Some(path) => read_facts(path),
            None => os::facts(&arguments.os, &host.name),
        };
        let plan = desk.compile(host, &facts.map_err(|error| vec![error])?)?;
        for file in tree::files(&plan) {
            files += 1;
            if arguments.out == Path::new("-") {
                say::line(format_args!("# {}:{}\n{}", host.name, file.path, desk.mask.hide(&file.content)));
            } else {
                let root = arguments.out.join(&host.name);
                tree::write(&root, &file).map_err(|error| vec![error])?;
            }
        }
    }
    if arguments.out != Path::new("-") {
        say::line(format_args!(
            "{} for {} in {}",
            report::counted(files, "file"),
            report::counted(desk.hosts.len(), "host"),
            arguments.out.display()
        ));
    }
    Ok(Exit::Wanted)
}

fn read_facts(path: &Path) -> Result<Facts, Diagnostic> {
    let source = Source::read(path).map_err(|error| {
        let unread = Diagnostic::error(format!("the facts `{}` cannot be read", path.display()));
        unread.label(error.to_string()).fix("name a file that exists, or a release: --os ubuntu-24.04")
    })?;
    yaml::parse(&source)?.decode()
}
