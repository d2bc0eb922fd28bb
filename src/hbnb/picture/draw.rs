//! Brushes: sky, hills, water, trees.

use std::fmt::Write;

/// Width of every picture.
pub const WIDTH: i32 = 640;
/// Height of every picture.
pub const HEIGHT: i32 = 420;

/// The colours of one light.
pub struct Palette {
    /// The sky above.
    pub sky: &'static str,
    /// The sky at the horizon.
    pub haze: &'static str,
    /// Sun or moon.
    pub sun: &'static str,
    /// Hills far away, in the middle, and near.
    pub hills: [&'static str; 3],
    /// The ground at our feet.
    pub ground: &'static str,
    /// Walls of houses.
    pub wall: &'static str,
    /// Roofs and doors.
    pub roof: &'static str,
    /// Windows.
    pub window: &'static str,
    /// Houses of a town.
    pub town: &'static str,
    /// Water.
    pub water: &'static str,
    /// Whether there are stars.
    pub night: bool,
}

const fn light(
    sky: [&'static str; 3],
    hills: [&'static str; 3],
    [ground, water, town]: [&'static str; 3],
    [wall, roof, window]: [&'static str; 3],
    night: bool,
) -> Palette {
    Palette { sky: sky[0], haze: sky[1], sun: sky[2], hills, ground, wall, roof, window, water, town, night }
}

/// Dawn, noon, evening, dusk, night, and a day of mist.
pub const PALETTES: [Palette; 6] = [
    light(
        ["#7fa8d6", "#ffd9c0", "#fff2d8"],
        ["#b9a7c4", "#8d86ad", "#5f6f8f"],
        ["#4d6b5c", "#a9c4dc", "#5f6f8f"],
        ["#f7ece0", "#b5544a", "#ffd98a"],
        false,
    ),
    light(
        ["#4aa3df", "#d4f0fb", "#fffbe0"],
        ["#a7cdd6", "#6fb29a", "#3f8f6b"],
        ["#5aa65a", "#58b7d8", "#5b8cab"],
        ["#ffffff", "#d9604c", "#a9d8f2"],
        false,
    ),
    light(
        ["#f28f4f", "#ffe0a3", "#fff4cf"],
        ["#d98c5f", "#b0604a", "#7a4038"],
        ["#5c3a30", "#f0a868", "#7a4038"],
        ["#f9dfc0", "#6b2f2a", "#ffe9a8"],
        false,
    ),
    light(
        ["#3f3b78", "#ef8f8a", "#ffd0a6"],
        ["#8a5f96", "#5f4684", "#3e3266"],
        ["#2b2650", "#8d6aa6", "#3e3266"],
        ["#d9b9c9", "#34244f", "#ffd27a"],
        false,
    ),
    light(
        ["#0d1b3a", "#35507f", "#f4f1de"],
        ["#2f4a73", "#223a5f", "#172b4a"],
        ["#101f38", "#2c4c7d", "#172b4a"],
        ["#8fa0b8", "#0c1526", "#ffcf66"],
        true,
    ),
    light(
        ["#9fb3b8", "#eef1ea", "#ffffff"],
        ["#c3d0cf", "#94aba8", "#66827f"],
        ["#4d6a5f", "#bcd0d2", "#6f8790"],
        ["#f2efe6", "#54707a", "#ffe3a1"],
        false,
    ),
];

/// Repeatable chance: a linear congruential generator (the constants of Numerical Recipes).
pub struct Dice(u32);

impl Dice {
    /// The dice of picture `number`.
    pub fn new(number: usize) -> Self {
        let mut dice = Self(number as u32 * 7919 + 17);
        dice.roll(0, 1);
        dice
    }

    /// A number from `low` up to, but not, `high`.
    pub fn roll(&mut self, low: i32, high: i32) -> i32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        low + ((self.0 >> 8) % (high - low).max(1) as u32) as i32
    }
}

/// Appends a formatted element; writing to a text cannot fail.
macro_rules! element {
    ($out:expr, $($part:tt)*) => {{ let _ = writeln!($out, $($part)*); }};
}
pub(super) use element;

/// The head of a picture: sky, sun or moon, stars or clouds.
pub fn sky(palette: &Palette, dice: &mut Dice) -> String {
    let mut out = String::new();
    element!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"xMidYMid slice\">"
    );
    element!(
        out,
        "<defs><linearGradient id=\"s\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\"><stop stop-color=\"{}\"/><stop offset=\".72\" stop-color=\"{}\"/></linearGradient></defs>",
        palette.sky,
        palette.haze
    );
    element!(out, "<path fill=\"url(#s)\" d=\"M0 0h{WIDTH}v{HEIGHT}H0z\"/>");
    if palette.night {
        for _ in 0..46 {
            let (x, y, radius) = (dice.roll(0, WIDTH), dice.roll(0, 210), dice.roll(10, 24));
            element!(
                out,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}.{}\" fill=\"#fff\" opacity=\".8\"/>",
                radius / 10,
                radius % 10
            );
        }
    }
    let (x, y) = (dice.roll(90, 550), dice.roll(60, 150));
    for (radius, opacity) in [(76, "12"), (54, "20"), (32, "95")] {
        element!(
            out,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{}\" opacity=\".{opacity}\"/>",
            palette.sun
        );
    }
    if !palette.night {
        for _ in 0..3 {
            cloud(&mut out, dice);
        }
    }
    out
}

fn cloud(out: &mut String, dice: &mut Dice) {
    let (x, y, width) = (dice.roll(-20, 560), dice.roll(36, 150), dice.roll(60, 120));
    element!(
        out,
        "<g fill=\"#fff\" opacity=\".5\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"14\" rx=\"7\"/><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\" rx=\"7\"/></g>",
        x + 18,
        y - 9,
        width / 2
    );
}

/// A line of soft hills around height `y`, filled down to the lower edge.
pub fn hills(out: &mut String, dice: &mut Dice, colour: &str, (y, swing): (i32, i32)) {
    let mut path = format!("M-20 {HEIGHT}V{y}");
    let mut x = -20;
    while x < WIDTH {
        let (step, up) = (dice.roll(70, 150), dice.roll(-swing, swing / 2));
        let _ = write!(path, "q{} {up} {step} {}", step / 2, dice.roll(-swing / 4, swing / 4));
        x += step;
    }
    element!(out, "<path fill=\"{colour}\" d=\"{path}V{HEIGHT}z\"/>");
}

/// A range of peaks with snow on them.
pub fn peaks(out: &mut String, dice: &mut Dice, palette: &Palette, (y, height): (i32, i32)) {
    let mut x = dice.roll(-120, -40);
    while x < WIDTH {
        let (half, tall) = (dice.roll(80, 150), dice.roll(height / 2, height));
        let (top, left, right) = (y - tall, x + half, x + 2 * half);
        element!(out, "<path fill=\"{}\" d=\"M{x} {y}L{left} {top}L{right} {y}z\"/>", palette.hills[0]);
        element!(
            out,
            "<path fill=\"{}\" d=\"M{left} {top}L{right} {y}H{left}z\" opacity=\".55\"/>",
            palette.hills[1]
        );
        let (snow, across) = (tall / 4, half / 4);
        element!(
            out,
            "<path fill=\"#fff\" opacity=\".85\" d=\"M{left} {top}l{across} {snow}l-{} -{}l-{} {}l-{} -{}z\"/>",
            across * 2 / 3,
            snow / 3,
            across / 2,
            snow / 2,
            across * 5 / 6,
            snow / 6
        );
        x += half + dice.roll(20, 60);
    }
}

/// Still water from `y` down, with light on it.
pub fn water(out: &mut String, dice: &mut Dice, palette: &Palette, y: i32) {
    element!(out, "<path fill=\"{}\" d=\"M0 {y}h{WIDTH}V{HEIGHT}H0z\"/>", palette.water);
    for _ in 0..14 {
        let (x, line, width) = (dice.roll(0, 600), dice.roll(y + 6, HEIGHT), dice.roll(24, 110));
        element!(
            out,
            "<rect x=\"{x}\" y=\"{line}\" width=\"{width}\" height=\"3\" rx=\"1.5\" fill=\"#fff\" opacity=\".3\"/>"
        );
    }
}

/// A fir whose foot is at (x, y).
pub fn fir(out: &mut String, colour: &str, (x, y): (i32, i32), tall: i32) {
    let (a, b, c) = (tall / 5, tall * 4 / 15, tall / 3);
    element!(
        out,
        "<path fill=\"{colour}\" d=\"M{x} {}l{a} {c}h-{}zM{x} {}l{b} {c}h-{}zM{x} {}l{c} {c}h-{}zM{} {}h6v{}h-6z\"/>",
        y - tall,
        2 * a,
        y - tall * 4 / 5,
        2 * b,
        y - tall * 3 / 5,
        2 * c,
        x - 3,
        y - tall * 4 / 15 - 1,
        tall * 4 / 15
    );
}

/// A palm whose foot is at (x, y).
pub fn palm(out: &mut String, colour: &str, (x, y): (i32, i32), tall: i32) {
    let (top, lean) = (y - tall, tall / 6);
    element!(
        out,
        "<path d=\"M{x} {y}q{} -{} {lean} -{tall}\" stroke=\"{colour}\" stroke-width=\"5\" fill=\"none\"/>",
        lean / 3,
        tall / 2
    );
    let crown = x + lean;
    for (across, down) in [(-46, 16), (-32, -14), (0, -26), (34, -14), (46, 18)] {
        element!(
            out,
            "<path fill=\"{colour}\" d=\"M{crown} {top}q{} {} {across} {down}q{} {} {} {}z\"/>",
            across / 2,
            down - 18,
            -across / 2,
            -down / 2 - 4,
            -across,
            -down
        );
    }
}
