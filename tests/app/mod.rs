//! The bundled application, asked in-process: every test builds the router of a part and sends it requests. Where the
//! environment names a site elsewhere, that is asked instead, over HTTP.
//!
//! What touches the database is tested on both engines by the same files.

mod bind;
mod command;
mod command_mariadb;
mod course_database;
mod dynamic;
mod file;
mod fuzz;
mod guest;
mod import_command;
mod on_mariadb;
mod on_sqlite;
mod onepage;
mod outage;
mod rare;
mod room;
pub mod served;
mod sqlalchemy;
mod worn;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use deployer::hbnb::storage::{Database, Storage};
use deployer::hbnb::{Part, Settings, app, seed};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tower::ServiceExt;

use super::support::elsewhere::{Elsewhere, Rows};
use super::support::mariadb::MariaDb as Server;

/// An engine to test on.
trait Engine {
    /// What must live as long as the database.
    type Keep;

    /// A database that does not exist.
    fn database() -> (Database, Self::Keep);

    /// Makes a database without tables.
    fn make(database: &Database);
}

/// Files, each in a directory of its own.
struct Sqlite;

impl Engine for Sqlite {
    type Keep = TempDir;

    fn database() -> (Database, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Database::Sqlite(directory.path().join("hbnb.db")), directory)
    }

    fn make(database: &Database) {
        std::fs::write(database.to_string(), "").unwrap();
    }
}

/// Databases of one server.
struct MariaDb;

impl Engine for MariaDb {
    type Keep = ();

    fn database() -> (Database, ()) {
        (Server::shared().database(), ())
    }

    fn make(database: &Database) {
        let Database::MySql(server) = database else { panic!("{database} is not on a server") };
        Server::shared().sql("", &format!("CREATE DATABASE {}", server.database));
    }
}

/// A part of the application over a database of its own.
struct Site<E: Engine> {
    router: Router,
    storage: Storage,
    /// What is asked instead of the router; the storage is not its own.
    elsewhere: Option<Elsewhere>,
    pictures: TempDir,
    _keep: E::Keep,
}

/// What was answered: status, headers, whole body.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether it came through Nginx.
    fn is_of_nginx(&self) -> bool {
        self.header("server").is_some_and(|name| name.starts_with("nginx"))
    }

    /// Status and body, for one comparison.
    fn said(&self) -> (u16, &str) {
        (self.status, &self.body)
    }
}

impl<E: Engine> Site<E> {
    /// Over a database with tables and no rows.
    async fn empty(part: Part) -> Self {
        let site = Self::unmigrated(part).await;
        match &site.elsewhere {
            Some(place) => place.start_afresh(Rows::Empty),
            None => drop(site.storage.migrate().await.unwrap()),
        }
        site
    }

    /// Over the demonstration's rows.
    async fn seeded(part: Part) -> Self {
        let site = Self::unmigrated(part).await;
        if let Some(place) = &site.elsewhere {
            place.start_afresh(Rows::Seeded);
            return site;
        }
        site.storage.migrate().await.unwrap();
        seed::plant(&site.storage).await.unwrap().unwrap();
        site
    }

    /// Over a database without tables.
    async fn bare(part: Part) -> Self {
        let site = Self::unmigrated(part).await;
        E::make(site.storage.database());
        site
    }

    /// Over a database that does not exist.
    async fn unmigrated(part: Part) -> Self {
        let (database, _keep) = E::database();
        let pictures = tempfile::tempdir().unwrap();
        let router = app(part, &settings(&database, &pictures)).await.unwrap();
        Self { router, storage: Storage::create(&database), elsewhere: Elsewhere::named(), pictures, _keep }
    }

    /// The same rows, served by another part.
    async fn serving(self, part: Part) -> Self {
        let router = app(part, &settings(self.storage.database(), &self.pictures)).await.unwrap();
        Self { router, ..self }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(request(method, path, body)).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        match &self.elsewhere {
            Some(place) => served::ask(place, request).await,
            None => send(&self.router, request).await,
        }
    }
}

fn settings(database: &Database, pictures: &TempDir) -> Settings {
    Settings { pictures: pictures.path().into(), ..Settings::new(database.clone()) }
}

fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::from(body.to_string())).unwrap()
}

/// A part that must need no database: its file could not even be made.
async fn without_database(part: Part) -> Router {
    app(part, &Settings::new(Database::Sqlite("/nonexistent/hbnb.db".into()))).await.unwrap()
}

async fn get(router: &Router, path: &str) -> Answer {
    send(router, request("GET", path, "")).await
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response: Response<Body> = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().map(header).collect(),
        body: String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    }
}

fn header((name, value): (&HeaderName, &HeaderValue)) -> (String, String) {
    (name.to_string(), value.to_str().unwrap().to_string())
}
