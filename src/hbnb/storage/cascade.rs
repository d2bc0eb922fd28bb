//! Deleting a row with all that belongs to it.

use super::engine::Work;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::Class;

/// How often a delete is tried when somebody adds to what is being deleted.
const ATTEMPTS: u32 = 3;

/// The row of `class`, whose id is the `?`, with the places `p` that go with it; none of classes that have none.
fn places(class: Class) -> Option<&'static str> {
    match class {
        Class::State => Some(
            "states s LEFT JOIN cities c ON c.state_id = s.id LEFT JOIN places p ON p.city_id = c.id WHERE s.id = ?",
        ),
        Class::City => Some("cities c LEFT JOIN places p ON p.city_id = c.id WHERE c.id = ?"),
        Class::User => Some("users u LEFT JOIN places p ON p.user_id = u.id WHERE u.id = ?"),
        Class::Place => Some("places p WHERE p.id = ?"),
        Class::Amenity | Class::Review => None,
    }
}

/// Which rows belong to one of `class`, children first: table and condition, whose `?` is the row's id.
fn belonging(class: Class) -> Vec<(&'static str, String)> {
    let inside = |places| {
        let condition = format!("place_id IN (SELECT p.id FROM {places})");
        [("place_amenity", condition.clone()), ("reviews", condition)]
    };
    let own: Vec<(&'static str, &str)> = match class {
        Class::State => vec![
            ("places", "city_id IN (SELECT id FROM cities WHERE state_id = ?)"),
            ("cities", "state_id = ?"),
        ],
        Class::City => vec![("places", "city_id = ?")],
        Class::User => vec![("reviews", "user_id = ?"), ("places", "user_id = ?")],
        Class::Amenity => vec![("place_amenity", "amenity_id = ?")],
        Class::Place | Class::Review => vec![],
    };
    let own = own.into_iter().map(|(table, condition)| (table, condition.to_string()));
    places(class).into_iter().flat_map(inside).chain(own).collect()
}

impl Storage {
    /// Deletes the row with this id and all that belongs to it: the ids of the pictures whose rows went with it; none if
    /// there is no such row.
    pub async fn delete(&self, class: Class, id: &str) -> Result<Option<Vec<String>>, Error> {
        self.in_turn(|| async {
            let mut all = self.begin().await?;
            let deleted = self.delete_within(&mut all, class, id).await?;
            all.commit().await.map_err(|e| self.explain(e))?;
            Ok(deleted)
        })
        .await
    }

    /// The same as a part of a transaction.
    pub(super) async fn delete_within(
        &self,
        all: &mut Work,
        class: Class,
        id: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        let pictures = self.pictures_with(all, class, id).await?;
        // Our tables let the engine do it; those that other programs made may not, and then it is done one by one.
        let mut deleted = self.executed(all, &alone(class, id)).await;
        for _ in 0..ATTEMPTS {
            if !matches!(deleted, Err(Error::NoParent)) {
                break;
            }
            for (table, condition) in belonging(class) {
                let statement = Statement::new(format!("DELETE FROM {table} WHERE {condition}")).with(id);
                self.executed(all, &statement).await?;
            }
            deleted = self.executed(all, &alone(class, id)).await;
        }
        Ok((deleted? == 1).then_some(pictures))
    }

    /// The pictures that go with this row, to which nobody adds before the transaction ends; none where pictures are not
    /// known yet.
    async fn pictures_with(&self, all: &mut Work, class: Class, id: &str) -> Result<Vec<String>, Error> {
        let Some(places) = places(class) else { return Ok(Vec::new()) };
        // A writer of SQLite is alone already.
        if matches!(all, Work::MySql(_)) {
            let held = Statement::new(format!("SELECT COUNT(p.id) FROM {places} FOR UPDATE"));
            all.session().fetch(&held.with(id)).await.map_err(|e| self.explain(e))?;
        }
        let statement =
            Statement::new(format!("SELECT id FROM pictures WHERE place_id IN (SELECT p.id FROM {places})"));
        let found = all.session().fetch(&statement.with(id)).await;
        match found.and_then(|rows| rows.map(|row| row.word(0))).map_err(|e| self.explain(e)) {
            Err(Error::Unmigrated(_)) => Ok(Vec::new()),
            found => found,
        }
    }

    async fn executed(&self, all: &mut Work, statement: &Statement) -> Result<u64, Error> {
        all.session().execute(statement).await.map_err(|e| self.explain(e))
    }
}

fn alone(class: Class, id: &str) -> Statement {
    Statement::new(format!("DELETE FROM {} WHERE id = ?", class.table())).with(id)
}
