//! States and cities of the demonstration.

/// A city: name, latitude, longitude.
pub type City = (&'static str, f64, f64);

/// Each state with its cities.
pub const STATES: [(&str, &[City]); 12] = [
    (
        "Arizona",
        &[("Flagstaff", 35.198, -111.651), ("Sedona", 34.870, -111.761), ("Tucson", 32.222, -110.975)],
    ),
    (
        "California",
        &[
            ("Big Sur", 36.270, -121.807),
            ("Los Angeles", 34.052, -118.244),
            ("San Francisco", 37.775, -122.419),
            ("San José", 37.338, -121.886),
            ("Truckee", 39.328, -120.183),
        ],
    ),
    (
        "Colorado",
        &[
            ("Boulder", 40.015, -105.271),
            ("Cañon City", 38.441, -105.242),
            ("Denver", 39.739, -104.990),
            ("Telluride", 37.938, -107.812),
        ],
    ),
    (
        "Florida",
        &[("Key West", 24.555, -81.780), ("Miami", 25.762, -80.192), ("Saint Augustine", 29.901, -81.312)],
    ),
    ("Hawaii", &[("Hilo", 19.725, -155.087), ("Honolulu", 21.307, -157.858), ("Kapaʻa", 22.088, -159.338)]),
    (
        "Louisiana",
        &[("Baton Rouge", 30.451, -91.187), ("Lafayette", 30.224, -92.020), ("New Orleans", 29.951, -90.072)],
    ),
    ("Maine", &[("Bar Harbor", 44.388, -68.204), ("Camden", 44.210, -69.065), ("Portland", 43.661, -70.255)]),
    (
        "New York",
        &[
            ("Buffalo", 42.886, -78.878),
            ("Hudson", 42.253, -73.790),
            ("Lake Placid", 44.280, -73.980),
            ("New York City", 40.713, -74.006),
        ],
    ),
    (
        "Oregon",
        &[("Bend", 44.058, -121.315), ("Cannon Beach", 45.892, -123.962), ("Hood River", 45.705, -121.522)],
    ),
    ("Texas", &[("Austin", 30.267, -97.743), ("Marfa", 30.309, -104.021), ("San Antonio", 29.424, -98.494)]),
    (
        "Vermont",
        &[("Burlington", 44.476, -73.212), ("Montpelier", 44.260, -72.575), ("Stowe", 44.465, -72.687)],
    ),
    (
        "Washington",
        &[
            ("Leavenworth", 47.596, -120.661),
            ("Port Townsend", 48.117, -122.760),
            ("Seattle", 47.606, -122.332),
            ("Spokane", 47.659, -117.426),
        ],
    ),
];
