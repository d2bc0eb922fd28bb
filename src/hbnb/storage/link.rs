//! Which place offers which amenity.

use super::statement::Statement;
use super::{Error, Storage};

/// What became of a wish to link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It was not linked before.
    Newly,
    /// It was.
    Already,
}

impl Storage {
    /// The place offers the amenity from now on. Errors: [`Error::NoParent`] if one of the two does not exist.
    pub async fn link(&self, place: &str, amenity: &str) -> Result<Linked, Error> {
        let words = "INSERT INTO place_amenity (place_id, amenity_id) VALUES (?, ?)";
        match self.execute(&Statement::new(words).with(place).with(amenity)).await {
            Ok(_) => Ok(Linked::Newly),
            Err(Error::Exists) => Ok(Linked::Already),
            Err(cause) => Err(cause),
        }
    }

    /// The place does not offer the amenity any more; false if it did not.
    pub async fn unlink(&self, place: &str, amenity: &str) -> Result<bool, Error> {
        let words = "DELETE FROM place_amenity WHERE place_id = ? AND amenity_id = ?";
        Ok(self.execute(&Statement::new(words).with(place).with(amenity)).await? == 1)
    }
}
