//! Which places a guest wishes to see.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Sqlite};

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
    /// `selection`, which names places `p` and cities `c`, with the wish as its condition.
    pub(super) fn after(&self, selection: &'static str) -> QueryBuilder<Sqlite> {
        let mut text = QueryBuilder::new(selection);
        let anywhere = self.states.is_empty() && self.cities.is_empty();
        text.push(" WHERE (");
        if anywhere {
            text.push("1 = 1");
        } else {
            text.push("c.state_id IN ");
            list(&mut text, &self.states);
            text.push(" OR c.id IN ");
            list(&mut text, &self.cities);
        }
        text.push(")");
        if !self.amenities.is_empty() {
            text.push(" AND p.id IN (SELECT place_id FROM place_amenity WHERE amenity_id IN ");
            list(&mut text, &self.amenities);
            let all = i64::try_from(self.amenities.len()).unwrap_or(i64::MAX);
            text.push(" GROUP BY place_id HAVING COUNT(*) = ").push_bind(all).push(")");
        }
        text
    }
}

fn list(text: &mut QueryBuilder<Sqlite>, ids: &BTreeSet<String>) {
    // A list of nothing is an error in MySQL; NULL equals nothing.
    text.push("(NULL");
    for id in ids {
        text.push(", ").push_bind(id.clone());
    }
    text.push(")");
}
