//! Typed values that remember where they stood.
//!
//! Serde has no way to hand a place over, so a place travels beside it: the deserializer of a [`Node`] recognises
//! the names below, leaves the node in a slot of this thread, and the value's `Deserialize` takes it out.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Node;
use crate::base::source::Span;

/// The name under which a [`Spanned`] asks for its place.
pub const SPANNED: &str = "$deployer::Spanned";
/// The name under which a [`Node`] asks for itself.
pub const NODE: &str = "$deployer::Node";

thread_local! {
    static SLOT: RefCell<Option<Node>> = const { RefCell::new(None) };
    static PLACE: RefCell<Option<Span>> = const { RefCell::new(None) };
}

/// Leaves a node for the `Deserialize` of [`Node`].
pub fn leave_node(node: &Node) {
    SLOT.with_borrow_mut(|slot| *slot = Some(node.clone()));
}

/// Leaves a place for the `Deserialize` of [`Spanned`].
pub fn leave_place(span: &Span) {
    PLACE.with_borrow_mut(|slot| *slot = Some(span.clone()));
}

/// A value and the place it stood at, for what is checked after typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A map in the order of the file, with the places of its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries<T>(pub Vec<(Spanned<String>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct At<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for At<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of a YAML file")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Spanned<T>, D::Error> {
                let span = PLACE.with_borrow_mut(Option::take).ok_or_else(|| Error::custom("no place"))?;
                Ok(Spanned { value: T::deserialize(from)?, span })
            }
        }
        from.deserialize_newtype_struct(SPANNED, At(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Itself;
        impl<'de> Visitor<'de> for Itself {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of a YAML file")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, _: D) -> Result<Node, D::Error> {
                SLOT.with_borrow_mut(Option::take).ok_or_else(|| Error::custom("no YAML here"))
            }
        }
        from.deserialize_newtype_struct(NODE, Itself)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(Each(PhantomData))
    }
}
