//! The commands of the `hbnb` binary.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use super::dump::{self, Format, Unknown};
use super::error::Error;
use super::settings::{Settings, VARIABLES};
use super::storage::migration::Start;
use super::storage::{self, Database, Storage};
use super::{seed, static_file};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::base::say;

/// The Airbnb clone's database and static files.
#[derive(Debug, Parser)]
#[command(name = "hbnb", version, after_help = variables())]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database, or bring its tables up to date
    Migrate(Target),
    /// Fill the database with demonstration data of our own
    Seed(Target),
    /// Add the rows of a dump of MySQL's, or of the console's file.json, all or none
    Import {
        /// The file, packed by gzip or not; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Leave out values that the tables have no column for, with a warning
        #[arg(long)]
        skip_unknown: bool,
        #[command(flatten)]
        at: At,
    },
    /// Write every state, city, user, amenity, place and review, passwords as they are stored
    Export {
        /// The file; otherwise standard output
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// How rows are written down
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
        #[command(flatten)]
        at: At,
    },
    /// Write the static files into a directory, for a proxy to serve as /static/
    Static {
        /// The directory; made if need be
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Target {
    /// Change nothing; exit 0 if there is nothing to do, 6 otherwise
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    at: At,
}

/// Which database is meant.
#[derive(Debug, clap::Args)]
struct At {
    /// The database; otherwise the one that the environment names
    #[arg(long, value_name = "PATH|URL")]
    database: Option<String>,
}

/// What the commands and the servers of the application read from the environment.
fn variables() -> String {
    let lines = VARIABLES.map(|(name, meaning)| format!("  {name:20}  {meaning}"));
    format!("Environment:\n{}", lines.join("\n"))
}

/// What a command has to say, on standard output, and how it exits.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// One line without its end; empty if standard output is not for sentences.
    pub said: String,
    /// How it exits.
    pub exit: Exit,
}

/// Runs the command. Errors become a [`crate::base::diagnostic::Diagnostic`] with its exit status.
pub fn run(cli: Cli) -> Result<Outcome, Error> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(execute(cli.command))
}

async fn execute(command: Command) -> Result<Outcome, Error> {
    match command {
        Command::Migrate(target) if target.check => check_migrations(&target.at.open()?).await,
        Command::Migrate(target) => migrate(&target.at.create()?, target.at.start()?).await,
        Command::Seed(target) if target.check => check_seed(&target.at.open()?).await,
        Command::Seed(target) => plant(&target.at.open()?).await,
        Command::Import { file, skip_unknown, at } => {
            let unknown = if skip_unknown { Unknown::Skip } else { Unknown::Refuse };
            import(&at.open()?, &file, unknown).await
        }
        Command::Export { file, format, at } => export(&at.open()?, format, file.as_deref()).await,
        Command::Static { directory } => {
            let written = static_file::write_to(&directory)?;
            let all = static_file::static_files().count();
            Ok(wanted(format!("{}: {all} files, {written} written", directory.display())))
        }
    }
}

impl At {
    fn database(&self) -> Result<Database, Error> {
        match &self.database {
            Some(typed) => Ok(Database::parse(typed)?),
            None => Ok(Settings::from_env()?.database),
        }
    }

    /// What is to become of rows that are there; the environment says it for a database named by hand, too.
    fn start(&self) -> Result<Start, Error> {
        match &self.database {
            Some(_) => Ok(Start::of(std::env::var_os("HBNB_ENV"))),
            None => Ok(Settings::from_env()?.start),
        }
    }

    fn open(&self) -> Result<Storage, Error> {
        Ok(Storage::open(&self.database()?))
    }

    fn create(&self) -> Result<Storage, Error> {
        Ok(Storage::create(&self.database()?))
    }
}

async fn migrate(storage: &Storage, start: Start) -> Result<Outcome, Error> {
    let taken = storage.migrate_from(start).await?;
    storage.clone().close().await;
    let database = storage.database();
    if start == Start::Empty {
        let said = format!("database `{database}` was emptied (HBNB_ENV=test) and migrated: ");
        return Ok(wanted(said + &taken.join(", ")));
    }
    Ok(wanted(match taken.is_empty() {
        true => format!("database `{database}` is up to date"),
        false => format!("database `{database}` was migrated: {}", taken.join(", ")),
    }))
}

async fn check_migrations(storage: &Storage) -> Result<Outcome, Error> {
    let database = storage.database();
    let pending = match storage.pending().await {
        Ok(pending) if pending.is_empty() => {
            return Ok(wanted(format!("database `{database}` is up to date")));
        }
        Ok(pending) => pending,
        Err(absent @ storage::Error::Absent(_)) => return Ok(differs(absent.to_string())),
        Err(cause) => return Err(cause.into()),
    };
    Ok(differs(format!("database `{database}` lacks migrations: {}", pending.join(", "))))
}

async fn plant(storage: &Storage) -> Result<Outcome, Error> {
    let database = storage.database();
    let planted = seed::plant(storage).await?;
    storage.clone().close().await;
    Ok(wanted(match planted {
        Some(counts) => format!("database `{database}` was seeded: {counts}"),
        None => format!("database `{database}` is already seeded"),
    }))
}

async fn check_seed(storage: &Storage) -> Result<Outcome, Error> {
    let database = storage.database();
    match seed::is_planted(storage).await {
        Ok(true) => Ok(wanted(format!("database `{database}` is seeded"))),
        Ok(false) => Ok(differs(format!("database `{database}` is not seeded"))),
        Err(missing @ (storage::Error::Absent(_) | storage::Error::Unmigrated(_))) => {
            Ok(differs(missing.to_string()))
        }
        Err(cause) => Err(cause.into()),
    }
}

async fn import(storage: &Storage, file: &Path, unknown: Unknown) -> Result<Outcome, Error> {
    let done = dump::import(storage, file, unknown).await?;
    storage.clone().close().await;
    for (name, line) in done.skipped.iter() {
        let what = format!("line {line}: there is no place here for `{name}`, which is left out");
        say::aside(Diagnostic::warning(what));
    }
    let (database, new, unchanged) = (storage.database(), &done.new, &done.unchanged);
    Ok(wanted(match (new.sum(), unchanged.sum()) {
        (0, _) => format!("database `{database}` has all of it already: {unchanged}"),
        (_, 0) => format!("database `{database}` took in {new}"),
        _ => format!("database `{database}` took in {new}; it had {unchanged}"),
    }))
}

async fn export(storage: &Storage, format: Format, file: Option<&Path>) -> Result<Outcome, Error> {
    let dump::Exported(counts) = dump::export(storage, format, file).await?;
    if let Some(left) = storage.left_behind().await? {
        let what = format!("{left} are not in the export, which holds what the course's tables hold");
        say::aside(Diagnostic::warning(what).fix(whole_copy(storage.database())));
    }
    let said = format!("database `{}` was exported: {counts}", storage.database());
    if file.is_some() {
        return Ok(wanted(said));
    }
    say::aside(said);
    Ok(wanted(String::new()))
}

/// How everything is kept, if not by an export.
fn whole_copy(database: &Database) -> String {
    match database {
        Database::Sqlite(file) => format!("`sqlite3 {} '.backup COPY'`", file.display()),
        Database::MySql(server) => format!("`mysqldump {}`", server.database),
    }
}

fn wanted(said: String) -> Outcome {
    Outcome { said, exit: Exit::Wanted }
}

fn differs(said: String) -> Outcome {
    Outcome { said, exit: Exit::Differs }
}
