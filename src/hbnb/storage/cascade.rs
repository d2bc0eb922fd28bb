//! Deleting a row with all that belongs to it.

use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::Class;

/// How often a delete is tried when somebody adds to what is being deleted.
const ATTEMPTS: u32 = 3;

/// The ids of the places that go with a row of `class`, whose id is the `?`; none of classes that have none.
fn places(class: Class) -> Option<&'static str> {
    match class {
        Class::State => {
            Some("(SELECT p.id FROM places p JOIN cities c ON c.id = p.city_id WHERE c.state_id = ?)")
        }
        Class::City => Some("(SELECT id FROM places WHERE city_id = ?)"),
        Class::User => Some("(SELECT id FROM places WHERE user_id = ?)"),
        Class::Place => Some("(?)"),
        Class::Amenity | Class::Review => None,
    }
}

/// Which rows belong to one of `class`, children first: table and condition, whose `?` is the row's id.
fn belonging(class: Class) -> Vec<(&'static str, String)> {
    let inside = |places| {
        let condition = format!("place_id IN {places}");
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
    /// The pictures of the places that would be deleted with this row; none where pictures are not known yet.
    pub async fn pictures_with(&self, class: Class, id: &str) -> Result<Vec<String>, Error> {
        let Some(places) = places(class) else { return Ok(Vec::new()) };
        let statement = Statement::new(format!("SELECT id FROM pictures WHERE place_id IN {places}"));
        match self.fetch(&statement.with(id), |row| row.word(0)).await {
            Err(Error::Unmigrated(_)) => Ok(Vec::new()),
            found => found,
        }
    }

    /// Deletes the row with this id and all that belongs to it; false if there is none.
    pub async fn delete(&self, class: Class, id: &str) -> Result<bool, Error> {
        // Our tables let the engine do it; those that other programs made may not, and then it is done one by one.
        let mut deleted = self.execute(&alone(class, id)).await;
        for _ in 0..ATTEMPTS {
            match deleted {
                Err(Error::NoParent) => deleted = self.delete_with_belongings(class, id).await,
                done => return Ok(done? == 1),
            }
        }
        Ok(deleted? == 1)
    }

    async fn delete_with_belongings(&self, class: Class, id: &str) -> Result<u64, Error> {
        let work = async {
            let mut all = self.pool.begin().await?;
            for (table, condition) in belonging(class) {
                let statement = Statement::new(format!("DELETE FROM {table} WHERE {condition}")).with(id);
                all.session().execute(&statement).await?;
            }
            let count = all.session().execute(&alone(class, id)).await?;
            all.commit().await?;
            Ok(count)
        };
        self.bounded(work).await
    }
}

fn alone(class: Class, id: &str) -> Statement {
    Statement::new(format!("DELETE FROM {} WHERE id = ?", class.table())).with(id)
}
