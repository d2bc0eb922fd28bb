//! Rows on their way from the file to the database: put in order, some thousand at a time.
//!
//! Ids come in no order. Sorted, neighbours go to the same page of the tables and of most indexes: MariaDB works a third less
//! for them, SQLite half.

use std::mem::take;

use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::fault::Fail;
use super::row::Item;
use crate::hbnb::model::{Class, Values};

/// Rows that are written at once.
const BATCH: usize = 500;
/// Rows and links that are put in order together, and so much is in memory: some 2 KB each.
const RUN: usize = 12_000;

/// Rows of one table, each with its line.
pub enum Batch {
    /// Those of a class: their lines, and what is in them.
    Rows(Class, Vec<u64>, Vec<Values>),
    /// Links (place, amenity).
    Links(Vec<(String, String)>),
}

/// What was read and not sent yet.
pub struct Run {
    sender: Sender<Batch>,
    /// Those of each class, as in [`Class::ALL`].
    rows: [Vec<(u64, Values)>; Class::ALL.len()],
    links: Vec<(String, String)>,
    count: usize,
}

impl Run {
    /// Nothing yet; it will be sent there.
    pub fn new(sender: Sender<Batch>) -> Self {
        Self { sender, rows: Default::default(), links: Vec::new(), count: 0 }
    }

    /// Takes what stands in a line. Errors: [`Fail::Stop`] if nobody writes any more.
    pub fn take(&mut self, line: u64, item: Item) -> Result<(), Fail> {
        match item {
            Item::Link(place, amenity) => self.links.push((place, amenity)),
            Item::Row(class, values) => self.rows[class.index()].push((line, values)),
        }
        self.count += 1;
        if self.count == RUN { self.send() } else { Ok(()) }
    }

    /// Sends what is there. Rows of one id stay in the order of their lines.
    pub fn send(&mut self) -> Result<(), Fail> {
        self.count = 0;
        for (class, rows) in Class::ALL.into_iter().zip(&mut self.rows) {
            rows.sort_by(|(_, one), (_, other)| id(one).cmp(id(other)));
            let mut rows = take(rows).into_iter();
            while rows.len() > 0 {
                let (lines, values) = rows.by_ref().take(BATCH).unzip();
                sent(&self.sender, Batch::Rows(class, lines, values))?;
            }
        }
        self.links.sort();
        let mut links = take(&mut self.links).into_iter();
        while links.len() > 0 {
            sent(&self.sender, Batch::Links(links.by_ref().take(BATCH).collect()))?;
        }
        Ok(())
    }
}

fn sent(sender: &Sender<Batch>, batch: Batch) -> Result<(), Fail> {
    sender.blocking_send(batch).map_err(|_| Fail::Stop)
}

fn id(row: &Values) -> &str {
    row.get("id").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::sync::mpsc;

    #[test]
    fn rows_are_sent_by_id_and_those_of_one_id_by_line() {
        let (sender, mut receiver) = mpsc::channel(9);
        let mut run = Run::new(sender);
        for (line, id) in [(1, "c"), (2, "a"), (3, "b"), (4, "a")] {
            let item = Item::Row(Class::City, Values::from([("id", json!(id))]));
            assert!(run.take(line, item).is_ok());
        }
        for place in ["q", "p"] {
            assert!(run.take(5, Item::Link(place.into(), "a".into())).is_ok());
        }
        assert!(receiver.try_recv().is_err());
        assert!(run.send().is_ok());
        let Ok(Batch::Rows(Class::City, lines, rows)) = receiver.try_recv() else { panic!("no cities") };
        assert_eq!((lines, rows.iter().map(id).collect()), (vec![2, 4, 3, 1], vec!["a", "a", "b", "c"]));
        let Ok(Batch::Links(links)) = receiver.try_recv() else { panic!("no links") };
        assert_eq!(links, [("p".into(), "a".into()), ("q".into(), "a".into())]);
        assert!(receiver.try_recv().is_err());
    }
}
