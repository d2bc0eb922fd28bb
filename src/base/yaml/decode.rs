//! From a tree to typed values: a serde deserializer that keeps the place of what is wrong.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fault::Fault;
use super::place::{self, NODE, SPANNED, Spanned};
use super::{Node, Value, scalar};

type Done<T> = Result<T, Fault>;

impl Node {
    fn any<'de, V: Visitor<'de>>(&self, visitor: V) -> Done<V::Value> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Int(n) => visitor.visit_i64(*n),
            Value::Float(n) => visitor.visit_f64(*n),
            Value::Str(text) => visitor.visit_str(text),
            Value::Seq(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => visitor.visit_map(Pairs { rest: entries.iter(), now: None }),
            Value::Tagged(..) => Err(Fault::invalid_type(Unexpected::Other(&self.kind()), &visitor)),
        }
    }

    /// A number: also one in quotes.
    fn number<'de, V: Visitor<'de>>(&self, visitor: V) -> Done<V::Value> {
        self.placed(match &self.value {
            Value::Str(text) => match text.parse::<i64>() {
                Ok(n) => visitor.visit_i64(n),
                Err(_) => visitor.visit_str(text),
            },
            _ => self.any(visitor),
        })
    }

    fn placed<T>(&self, done: Done<T>) -> Done<T> {
        done.map_err(|fault| fault.at(&self.span))
    }
}

impl<'de> Deserializer<'de> for &Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.placed(self.any(visitor))
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.number(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.placed(match &self.value {
            Value::Str(text) => match text.parse::<f64>() {
                Ok(n) => visitor.visit_f64(n),
                Err(_) => visitor.visit_str(text),
            },
            _ => self.any(visitor),
        })
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.placed(match self.text().and_then(scalar::boolean) {
            Some(b) => visitor.visit_bool(b),
            None => self.any(visitor),
        })
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.placed(match self.text() {
            Some(text) => visitor.visit_str(text),
            None => self.any(visitor),
        })
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Done<V::Value> {
        match name {
            SPANNED => place::leave_place(&self.span),
            NODE => place::leave_node(self),
            _ => {}
        }
        self.placed(visitor.visit_newtype_struct(self))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Done<V::Value> {
        self.placed(match (self.text(), self.entries()) {
            (Some(text), _) => visitor.visit_enum(text.into_deserializer()),
            (None, [(key, value)]) => visitor.visit_enum(Variant { key, value }),
            _ => self.any(visitor),
        })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
    }
}

struct Items<'n>(std::slice::Iter<'n, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Done<Option<T::Value>> {
        self.0.next().map(|node| node.placed(seed.deserialize(node))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Pairs<'n> {
    rest: std::slice::Iter<'n, (Spanned<String>, Node)>,
    now: Option<&'n (Spanned<String>, Node)>,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Done<Option<K::Value>> {
        self.now = self.rest.next();
        self.now.map(|(key, _)| seed.deserialize(Key(key)).map_err(|f| f.at(&key.span))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Done<S::Value> {
        let (key, value) = self.now.ok_or_else(|| Fault::custom("a value before its key"))?;
        value.placed(seed.deserialize(value)).map_err(|fault| fault.under(&key.value, &key.span))
    }
}

/// A key: a text with a place.
struct Key<'n>(&'n Spanned<String>);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Done<V::Value> {
        visitor.visit_str(&self.0.value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Done<V::Value> {
        if name == SPANNED {
            place::leave_place(&self.0.span);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// An enum's variant with a value: a map of one key.
struct Variant<'n> {
    key: &'n Spanned<String>,
    value: &'n Node,
}

impl<'n, 'de> EnumAccess<'de> for Variant<'n> {
    type Error = Fault;
    type Variant = &'n Node;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Done<(V::Value, &'n Node)> {
        let name: StrDeserializer<'_, Fault> = self.key.value.as_str().into_deserializer();
        Ok((seed.deserialize(name).map_err(|f| f.at(&self.key.span))?, self.value))
    }
}

impl<'de> VariantAccess<'de> for &Node {
    type Error = Fault;

    fn unit_variant(self) -> Done<()> {
        if self.is_null() { Ok(()) } else { Err(Fault::custom("no value belongs here").at(&self.span)) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Done<T::Value> {
        self.placed(seed.deserialize(self))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Done<V::Value> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Done<V::Value> {
        self.deserialize_any(visitor)
    }
}
