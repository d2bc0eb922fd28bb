//! What is special about MySQL and MariaDB: how they are reached, and what their errors mean.

use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlPoolOptions};
use sqlx::{Executor, MySqlPool};

use super::server::{Door, Server};
use super::{Database, Error};

/// Connections of one process; the server allows about 150 to all of them.
const MAX_CONNECTIONS: u32 = 8;
/// How long a request waits for a free connection, or for a server that refuses new ones.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is too long or too large is an error, whatever the server's default; nobody waits longer for a lock than for us.
const MANNERS: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
     innodb_lock_wait_timeout = 4";

/// Connections to the server, opened when first needed. Text is UTF-8 with every character there is, whatever the tables'
/// own character set.
pub fn pool(server: &Server) -> MySqlPool {
    MySqlPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        // Readers ask again when a connection was dead, writers test it first.
        .test_before_acquire(false)
        .after_connect(|link, _| Box::pin(async move { link.execute(MANNERS).await.map(drop) }))
        .connect_lazy_with(options(server).database(&server.database))
}

/// How the server is reached, without naming a database.
pub fn options(server: &Server) -> MySqlConnectOptions {
    let options = MySqlConnectOptions::new()
        .username(&server.user)
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false);
    let options = match &server.door {
        Door::Socket(path) => options.socket(path),
        Door::Port(host, port) => options.host(host).port(*port),
    };
    match server.password.reveal() {
        "" => options,
        password => options.password(password),
    }
}

/// The server's own number of an error: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
pub fn number(said: &(dyn DatabaseError + 'static)) -> Option<u16> {
    said.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

/// What an error of the driver means to the application.
pub fn explain(database: &Database, cause: sqlx::Error) -> Error {
    let database = database.clone();
    let said = match &cause {
        sqlx::Error::PoolTimedOut => {
            let said = "nobody listens there, or every connection is taken";
            return Error::Gone(database, format!("no connection in {} seconds: {said}", PATIENCE.as_secs()));
        }
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => return Error::Gone(database, cause.to_string()),
        sqlx::Error::Database(said) => said,
        _ => return Error::Failed(database, cause),
    };
    match number(said.as_ref()).unwrap_or_default() {
        1022 | 1062 => Error::Exists,
        1216 | 1217 | 1451 | 1452 => Error::NoParent,
        1049 => Error::Absent(database),
        1054 | 1146 => Error::Unmigrated(database),
        // Access denied: to the account, the database, a table or a column.
        1044 | 1045 | 1142 | 1143 | 1698 => Error::Closed(database, said.message().to_string()),
        // Too many connections, a lock held for too long, a deadlock.
        1040 | 1203 | 1205 | 1213 => Error::Busy(database),
        1053 | 1927 | 4031 => Error::Gone(database, said.message().to_string()),
        1021 | 1114 => Error::Full(database),
        // Out of range, not a moment, not a character of the column, too long.
        1264 | 1292 | 1366 | 1406 => Error::Unfit(said.message().to_string()),
        _ => Error::Failed(database, cause),
    }
}
