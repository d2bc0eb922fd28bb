//! What a host types about a place: the form's fields, and what they mean.

use std::collections::BTreeSet;

use crate::hbnb::booking::wanted::whole;
use crate::hbnb::pages::filled::Filled;
use crate::hbnb::pages::form::{Field, Form};
use crate::hbnb::pages::home::lines;
use crate::hbnb::pages::visitor::Visitor;
use crate::hbnb::storage::home::{Named, StateCities};
use crate::hbnb::storage::listing::Listing;

/// The longest name, in characters: the column's width.
const NAME: usize = 128;
/// The longest description, in characters: the column's width.
const DESCRIPTION: usize = 1024;
/// How lines of a description are broken in the database, where programs of older generations read it.
const BREAK: &str = "<BR />";
/// The name of the boxes for what comes with a place.
const AMENITY: &str = "amenity";

/// A form about a place, and which boxes are ticked.
pub struct Entry {
    /// The fields.
    pub form: Form,
    /// Ids of amenities.
    pub ticked: BTreeSet<String>,
}

impl Entry {
    /// The form for a place that is there, or for a new one.
    pub fn of(visitor: &Visitor, action: &str, listing: &Listing) -> Self {
        let mut form = empty(visitor, action);
        let values = [
            listing.name.clone(),
            listing.city.clone(),
            lines(&listing.description).join("\n"),
            listing.max_guest.to_string(),
            listing.number_rooms.to_string(),
            listing.number_bathrooms.to_string(),
            listing.price_by_night.to_string(),
        ];
        for (field, value) in form.fields.iter_mut().zip(values) {
            field.value = value;
        }
        Self { form, ticked: listing.amenities.clone() }
    }

    /// The form for a new place.
    pub fn new(visitor: &Visitor, action: &str) -> Self {
        let usual = Listing { max_guest: 2, number_rooms: 1, number_bathrooms: 1, ..Listing::default() };
        let mut entry = Self::of(visitor, action, &usual);
        if let Some(price) = entry.form.fields.last_mut() {
            price.value.clear();
        }
        entry
    }

    /// What was sent, with what is wrong beside each field; and what it means, if nothing is.
    pub fn sent(
        filled: &Filled,
        action: &str,
        states: &[StateCities],
        amenities: &[Named],
    ) -> (Self, Option<Listing>) {
        let mut form = empty(&filled.visitor, action);
        form.fields = std::mem::take(&mut form.fields).into_iter().map(|field| read(field, filled)).collect();
        let is_city = |id: &str| states.iter().flat_map(|state| &state.cities).any(|city| city.id == id);
        for field in form.fields.iter_mut().filter(|field| field.kind == "city") {
            let is_fine = is_city(&field.value);
            *field = std::mem::take(field).unless(is_fine, "Choose a city of the list.");
        }
        let ticked: BTreeSet<String> = filled.all(AMENITY).iter().cloned().collect();
        if !ticked.iter().all(|id| amenities.iter().any(|known| known.id == *id)) {
            form.alert = "One of the amenities is not there any more. Look at them again.".into();
        }
        let listing = form.is_fine().then(|| {
            let number = |name| whole(filled.text(name)).unwrap_or_default();
            Listing {
                name: filled.word("name").into(),
                city: filled.text("city").into(),
                description: stored(filled.word("description")),
                max_guest: number("max_guest"),
                number_rooms: number("number_rooms"),
                number_bathrooms: number("number_bathrooms"),
                price_by_night: number("price_by_night"),
                amenities: ticked.clone(),
            }
        });
        (Self { form, ticked }, listing)
    }
}

fn read(field: Field, filled: &Filled) -> Field {
    let text = filled.word(field.name);
    let (least, most) = (field.least, field.most);
    match field.kind {
        "number" => {
            let is_fine = whole(text).is_some_and(|number| (least..=most).contains(&number));
            field.filled(text).unless(is_fine, format!("A whole number from {least} to {most}."))
        }
        "lines" => {
            let is_fine = stored(text).chars().count() <= DESCRIPTION;
            let words =
                format!("At most {DESCRIPTION} characters; each new line counts for {}.", BREAK.len());
            // What was typed is shorter than what is stored: no line is counted twice.
            field.filled(&text.replace("\r\n", "\n")).unless(is_fine, words)
        }
        _ => field.filled(text),
    }
}

/// A description as older programs show it.
fn stored(text: &str) -> String {
    lines(text).join(BREAK)
}

fn empty(visitor: &Visitor, action: &str) -> Form {
    let number = |name, label, least, most| Field {
        name,
        label,
        kind: "number",
        autocomplete: "off",
        longest: 20,
        least,
        most,
        ..Field::default()
    };
    let mut form = Form::new(visitor, action, "Save");
    form.fields = vec![
        Field {
            name: "name",
            label: "Name",
            kind: "text",
            autocomplete: "off",
            hint: "What guests see first, like “Sunny loft at the harbour”.",
            longest: NAME,
            ..Field::default()
        },
        Field { name: "city", label: "City", kind: "city", longest: 60, ..Field::default() },
        Field {
            name: "description",
            label: "Description",
            kind: "lines",
            longest: DESCRIPTION,
            is_optional: true,
            ..Field::default()
        },
        number("max_guest", "Guests", 1, 100),
        number("number_rooms", "Bedrooms", 0, 100),
        number("number_bathrooms", "Bathrooms", 0, 100),
        number("price_by_night", "Dollars a night", 1, 1_000_000),
    ];
    form
}
