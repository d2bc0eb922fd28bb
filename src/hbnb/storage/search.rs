//! Which places a guest wishes to see.

use std::collections::BTreeSet;

use super::estimate::Order;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::{Class, Values};

/// So many ids are sent to the database as they are; of more, those that do not exist are left out before. Statements of
/// SQLite have room for 32,766 values.
const MANY: usize = 5000;
/// So many amenities are looked up one by one in a place; more are counted.
const FEW: usize = 30;

/// States and cities are a union of places; amenities must all be there. Ids that do not exist match nothing; an empty wish
/// fits every place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Ids of states.
    pub states: BTreeSet<String>,
    /// Ids of cities.
    pub cities: BTreeSet<String>,
    /// Ids of amenities.
    pub amenities: BTreeSet<String>,
}

impl Wish {
    /// Two wishes that together find what this one does; a place that lies where either looks is found by both.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let states = self.states.iter().map(|id| (Class::State, id));
        let all: Vec<_> = states.chain(self.cities.iter().map(|id| (Class::City, id))).collect();
        let half = |some: &[(Class, &String)]| {
            let of = |class| some.iter().filter(|one| one.0 == class).map(|one| one.1.clone()).collect();
            Self { states: of(Class::State), cities: of(Class::City), amenities: self.amenities.clone() }
        };
        let (one, other) = all.split_at(all.len() / 2);
        (!one.is_empty()).then(|| [half(one), half(other)])
    }
}

/// What both halves of a wish found, oldest first. What is in both is in it once.
pub(super) fn merged(mut one: Vec<Values>, other: Vec<Values>) -> Vec<Values> {
    fn age(row: &Values) -> [Option<&str>; 2] {
        ["created_at", "id"].map(|name| row[name].as_str())
    }
    one.extend(other);
    one.sort_by(|one, other| age(one).cmp(&age(other)));
    one.dedup_by(|later, former| later["id"] == former["id"]);
    one
}

impl Storage {
    /// Adds the wish to a statement about `places` as its condition. Time grows with the places of the cities, or with those
    /// that offer the first amenity.
    pub(super) async fn narrow(
        &self,
        statement: &mut Statement,
        wish: &Wish,
        order: &Order,
    ) -> Result<(), Error> {
        let anywhere = wish.states.is_empty() && wish.cities.is_empty();
        let mut word = " WHERE ";
        let (mut id, mut end) = ("places.id", "");
        if !anywhere {
            // Only the places that fit are read whole: what does not offer everything is told by indexes alone. `DISTINCT` keeps
            // MariaDB from reading rows earlier, `CROSS` keeps SQLite from beginning elsewhere.
            statement.push(word).push("places.id IN (SELECT fitting.id FROM (SELECT DISTINCT p.id FROM (");
            self.cities(statement, wish).await?;
            statement.push(") AS c CROSS JOIN places p ON p.city_id = c.id");
            (id, end) = ("p.id", ") AS fitting)");
        }
        let Order { amenities, index } = order;
        if amenities.len() < wish.amenities.len() {
            statement.push(word).push("1 = 0");
        } else if amenities.len() > FEW {
            let all = i64::try_from(amenities.len()).unwrap_or(i64::MAX);
            statement.push(word).push(id);
            statement.push(" IN (SELECT place_id FROM place_amenity WHERE amenity_id IN ").list(amenities);
            statement.push(" GROUP BY place_id HAVING COUNT(*) = ").value(all).push(")");
        } else {
            for (at, amenity) in amenities.iter().enumerate() {
                statement.push(word);
                match at == 0 && anywhere {
                    true => statement.push("places.id IN (SELECT place_id FROM place_amenity"),
                    false => statement.push("EXISTS (SELECT 1 FROM place_amenity"),
                };
                statement.push(index).push(" WHERE ");
                if at > 0 || !anywhere {
                    statement.push("place_id = ").push(id).push(" AND ");
                }
                statement.push("amenity_id = ").value(amenity).push(")");
                word = " AND ";
            }
        }
        statement.push(end);
        Ok(())
    }

    /// In which order the amenities of a wish are looked for.
    pub(super) async fn order(&self, wish: &Wish) -> Result<Order, Error> {
        let amenities = self.known(Class::Amenity, &wish.amenities).await?;
        match amenities.len() > FEW {
            true => Ok(Order { amenities: amenities.into_iter().collect(), index: String::new() }),
            false => self.rarest_first(amenities).await,
        }
    }

    /// Adds the ids of the cities that are meant, which may be any number.
    async fn cities(&self, statement: &mut Statement, wish: &Wish) -> Result<(), Error> {
        if !wish.states.is_empty() {
            let states = self.known(Class::State, &wish.states).await?;
            statement.push("SELECT id FROM cities WHERE state_id IN ").list(&states);
        }
        if !wish.cities.is_empty() {
            let cities = self.known(Class::City, &wish.cities).await?;
            statement.push(if wish.states.is_empty() { "" } else { " UNION " });
            statement.push("SELECT id FROM cities WHERE id IN ").list(&cities);
        }
        Ok(())
    }

    /// The ids, without those that do not exist if there are very many.
    async fn known(&self, class: Class, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
        if ids.len() <= MANY {
            return Ok(ids.clone());
        }
        let statement = Statement::new(format!("SELECT id FROM {}", class.table()));
        let known: BTreeSet<String> = self.fetch(&statement, |row| row.word(0)).await?.into_iter().collect();
        Ok(ids.intersection(&known).cloned().collect())
    }
}
