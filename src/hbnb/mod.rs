//! Floor 3: the bundled Airbnb clone.
