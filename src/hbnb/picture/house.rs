//! Houses, each standing with its left lower corner at (x, y).

use std::fmt::Write;

use super::draw::{Dice, Palette, element};

/// A small house with a pitched roof, a chimney and a door.
pub fn cottage(out: &mut String, palette: &Palette, (x, y): (i32, i32)) {
    element!(out, "<path fill=\"{}\" d=\"M{} {}h16v44h-16z\"/>", palette.roof, x + 98, y - 126);
    element!(out, "<path fill=\"{}\" d=\"M{x} {y}v-72h140v72z\"/>", palette.wall);
    element!(out, "<path fill=\"#000\" opacity=\".07\" d=\"M{} {y}v-72h50v72z\"/>", x + 90);
    element!(out, "<path fill=\"{}\" d=\"M{} {}l86 -56l86 56z\"/>", palette.roof, x - 16, y - 70);
    element!(out, "<path fill=\"{}\" d=\"M{} {y}v-46q13 -12 26 0v46z\"/>", palette.roof, x + 57);
    for left in [x + 16, x + 100] {
        window(out, palette, (left, y - 52), (26, 24));
    }
}

/// A house that is all roof.
pub fn tent_house(out: &mut String, palette: &Palette, (x, y): (i32, i32)) {
    element!(out, "<path fill=\"{}\" d=\"M{x} {y}l74 -148l74 148z\"/>", palette.roof);
    element!(out, "<path fill=\"{}\" d=\"M{} {y}l52 -108l52 108z\"/>", palette.wall, x + 22);
    element!(out, "<path fill=\"{}\" d=\"M{} {}l22 -44l22 44z\"/>", palette.window, x + 52, y - 48);
    element!(out, "<path fill=\"{}\" d=\"M{} {y}v-38h24v38z\"/>", palette.roof, x + 62);
}

/// A flat modern house with a long window and a terrace.
pub fn bungalow(out: &mut String, palette: &Palette, (x, y): (i32, i32)) {
    element!(out, "<path fill=\"{}\" d=\"M{x} {y}v-62h190v62z\"/>", palette.wall);
    element!(out, "<path fill=\"{}\" d=\"M{} {}v-40h96v40z\"/>", palette.wall, x + 18, y - 68);
    element!(
        out,
        "<path fill=\"{}\" d=\"M{} {}h216v9H{}zM{} {}h116v8h-116z\"/>",
        palette.roof,
        x - 12,
        y - 70,
        x - 12,
        x + 8,
        y - 114
    );
    for pane in 0..4 {
        window(out, palette, (x + 14 + pane * 30, y - 50), (26, 40));
    }
    window(out, palette, (x + 32, y - 100), (66, 24));
    element!(
        out,
        "<path fill=\"{}\" d=\"M{} {y}v-46h24v46zM{} {y}h250v7H{}z\"/>",
        palette.roof,
        x + 148,
        x - 30,
        x - 30
    );
}

/// A tower of flats, `floors` high and `rooms` wide; some are at home.
pub fn tower(
    out: &mut String,
    palette: &Palette,
    dice: &mut Dice,
    (x, y): (i32, i32),
    (rooms, floors): (i32, i32),
) {
    let (width, height) = (rooms * 18 + 8, floors * 22 + 10);
    element!(
        out,
        "<rect x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
        y - height,
        palette.town
    );
    element!(
        out,
        "<rect x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{height}\" fill=\"#fff\" opacity=\".08\"/>",
        y - height,
        width / 3
    );
    for floor in 0..floors {
        for room in 0..rooms {
            let lit = if dice.roll(0, 10) < 6 { "95" } else { "18" };
            element!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"10\" height=\"12\" fill=\"{}\" opacity=\".{lit}\"/>",
                x + 8 + room * 18,
                y - height + 9 + floor * 22,
                palette.window
            );
        }
    }
}

fn window(out: &mut String, palette: &Palette, (x, y): (i32, i32), (width, height): (i32, i32)) {
    element!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\" fill=\"{}\"/>",
        palette.window
    );
    element!(
        out,
        "<path stroke=\"{}\" stroke-width=\"2\" opacity=\".6\" d=\"M{} {y}v{height}\"/>",
        palette.roof,
        x + width / 2
    );
}
