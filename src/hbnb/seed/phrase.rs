//! The words that places and reviews of the demonstration are made of.

/// What a house is called after; one for each city, so that pages sorted by name are mixed.
pub const NAMES: [&str; 41] = [
    "Alder",
    "Amber",
    "Anchor",
    "Aspen",
    "Bayberry",
    "Beacon",
    "Birch",
    "Bluebird",
    "Bramble",
    "Cedar",
    "Clover",
    "Compass",
    "Copper",
    "Dogwood",
    "Driftwood",
    "Ember",
    "Fern",
    "Foxglove",
    "Gull",
    "Hawthorn",
    "Hazel",
    "Heron",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lantern",
    "Linden",
    "Magnolia",
    "Maple",
    "Marigold",
    "Meadowlark",
    "Otter",
    "Pebble",
    "Poplar",
    "Quail",
    "Rosemary",
    "Sparrow",
    "Sycamore",
    "Thistle",
    "Willow",
    "Wren",
];

/// What a place is: its name, its bedrooms, and what is said about it.
pub const KINDS: [(&str, i32, &str); 12] = [
    (
        "Cottage",
        2,
        "Two warm rooms under a low roof, thick walls, and a bench by the door that catches the morning sun.",
    ),
    ("Loft", 1, "One tall room with brick walls, long windows and a ladder to a bed under the skylight."),
    (
        "Cabin",
        2,
        "Built of pine by the people who still own it; everything creaks a little and nothing leaks.",
    ),
    (
        "Bungalow",
        3,
        "All on one floor around a shaded terrace, with doors wide enough for bicycles and pushchairs.",
    ),
    (
        "Townhouse",
        4,
        "Four narrow floors, a staircase lined with books, and a kitchen that opens to the yard.",
    ),
    (
        "Studio",
        1,
        "Small and well thought out: a good bed, a good lamp, a real stove, and a window to sit in.",
    ),
    (
        "Farmhouse",
        5,
        "A long table for twelve, an orchard behind the barn, and eggs at the door on most mornings.",
    ),
    ("Boathouse", 2, "Half of it stands on posts over the water; you fall asleep to the sound of it."),
    ("Penthouse", 3, "The top of the house and its roof: a terrace on three sides and the whole town below."),
    ("Villa", 6, "Cool tiles, high ceilings, a courtyard with a fig tree, and room for two families."),
    ("Guesthouse", 1, "A house of your own at the end of our garden, with its own gate and no one overhead."),
    ("Lodge", 4, "A stone hearth in the middle, bunks for the children, and boots drying by the stove."),
];

/// Where it stands.
pub const SPOTS: [(&str, &str); 11] = [
    ("by the river", "The river path starts at the gate."),
    ("on the hill", "From the steps you see the weather an hour before it comes."),
    ("near the market", "The market is two streets away and best before nine."),
    ("under the oaks", "Old oaks keep it cool until late in the day."),
    ("at the harbor", "Boats leave from the end of the street."),
    ("off Main Street", "Main Street is close enough to walk home from and far enough not to be heard."),
    ("with a view", "Nothing is built in front of it, and nothing will be."),
    ("beside the park", "The park opens at sunrise; so do the birds."),
    ("at the trailhead", "Three marked trails begin behind the shed."),
    ("in the old quarter", "The streets are narrow here: leave the car and walk."),
    ("among the vines", "In September you may help with the harvest, and will be paid in grapes."),
];

/// What a host adds.
pub const NOTES: [&str; 7] = [
    "We live next door and are glad to help, or to leave you alone.",
    "Check in whenever you like; the key is in the box by the gate.",
    "Bring a sweater: evenings are cool all year.",
    "There is coffee for the first morning.",
    "The neighbors' cat comes with the house.",
    "Ask us for the list of places where we eat ourselves.",
    "Please take your shoes off; the floors are older than we are.",
];

/// How a review begins.
pub const OPENINGS: [&str; 11] = [
    "We stayed four nights and would have stayed forty.",
    "Exactly as described, which is rarer than it should be.",
    "A lovely place, with one or two small quirks.",
    "Our second visit, and not the last.",
    "Came for work, left rested.",
    "The children have asked every day since when we go back.",
    "Good value and an honest host.",
    "Smaller than the pictures suggest, and nicer.",
    "We arrived late, wet and hungry, and were looked after.",
    "Simple, clean and quiet.",
    "The best night's sleep of the whole journey.",
];

/// What it is about.
pub const DETAILS: [&str; 13] = [
    "The bed is firm and the linen smells of outdoors.",
    "The kitchen has knives that cut.",
    "The shower takes a minute to warm up and is then glorious.",
    "The desk by the window is worth the trip.",
    "At night you hear nothing but the wind.",
    "The stairs are steep, so pack light.",
    "Parking was easy, even on a Saturday.",
    "There was fresh bread on the table.",
    "The internet held through a whole day of calls.",
    "We cooked every evening and ate outside.",
    "The heating took some learning; the note on the wall explains it.",
    "Everything one needs is within a ten-minute walk.",
    "The books on the shelf are well chosen.",
];

/// How it ends.
pub const ENDINGS: [&str; 7] = [
    "Thank you!",
    "We will be back.",
    "Recommended to anyone who likes to read.",
    "Bring good shoes.",
    "Five stars from all of us.",
    "Book it before we do.",
    "The host answered every message within minutes.",
];
