//! Landscapes.

use std::fmt::Write;

use super::draw::{Dice, HEIGHT, Palette, WIDTH, element, fir, hills, palm, peaks, water};
use super::house::{bungalow, cottage, tent_house, tower};

/// Paints one landscape below a sky.
pub type Scene = fn(&mut String, &Palette, &mut Dice);

/// Every landscape.
pub const ALL: [Scene; 6] = [mountains, coast, city, lake, desert, valley];

fn mountains(out: &mut String, palette: &Palette, dice: &mut Dice) {
    peaks(out, dice, palette, (300, 190));
    hills(out, dice, palette.hills[2], (318, 60));
    wood(out, palette.hills[2], dice, 346);
    hills(out, dice, palette.ground, (352, 24));
    let x = dice.roll(120, 380);
    tent_house(out, palette, (x, 372));
    for at in [x - 46, x + 176, x + 214] {
        fir(out, palette.hills[2], (at, 384 + dice.roll(-6, 8)), dice.roll(88, 130));
    }
}

fn coast(out: &mut String, palette: &Palette, dice: &mut Dice) {
    hills(out, dice, palette.hills[0], (232, 40));
    water(out, dice, palette, 246);
    let mast = dice.roll(380, 560);
    element!(out, "<path fill=\"#fff\" opacity=\".92\" d=\"M{mast} 262v-58l34 58z\"/>");
    element!(out, "<path fill=\"{}\" d=\"M{} 266h64l-12 14h-40z\"/>", palette.roof, mast - 24);
    element!(
        out,
        "<path fill=\"{}\" d=\"M0 330q150 -46 330 -6q160 36 {WIDTH} 60V{HEIGHT}H0z\"/>",
        palette.ground
    );
    let x = dice.roll(70, 150);
    bungalow(out, palette, (x, 350));
    palm(out, palette.hills[2], (x - 34, 366), dice.roll(110, 150));
    palm(out, palette.hills[2], (x + 246, 376), dice.roll(120, 170));
}

fn city(out: &mut String, palette: &Palette, dice: &mut Dice) {
    hills(out, dice, palette.hills[0], (290, 80));
    let mut x = -12;
    while x < WIDTH {
        let (rooms, floors) = (dice.roll(3, 6), dice.roll(5, 12));
        tower(out, palette, dice, (x, 356), (rooms, floors));
        x += rooms * 18 + dice.roll(6, 22);
    }
    element!(out, "<path fill=\"{}\" d=\"M0 354h{WIDTH}V{HEIGHT}H0z\"/>", palette.ground);
    for at in 0..9 {
        let (across, radius) = (at * 76 + dice.roll(0, 24), dice.roll(14, 24));
        element!(
            out,
            "<circle cx=\"{across}\" cy=\"{}\" r=\"{radius}\" fill=\"{}\"/><path fill=\"{}\" d=\"M{} {}h4v22h-4z\"/>",
            350 - radius / 2,
            palette.hills[1],
            palette.roof,
            across - 2,
            350 - radius / 2
        );
    }
}

fn lake(out: &mut String, palette: &Palette, dice: &mut Dice) {
    peaks(out, dice, palette, (262, 130));
    hills(out, dice, palette.hills[1], (262, 50));
    wood(out, palette.hills[2], dice, 292);
    water(out, dice, palette, 288);
    element!(
        out,
        "<path fill=\"{}\" d=\"M{WIDTH} 322q-170 -30 -300 10q-120 40 -190 {}h490z\"/>",
        palette.ground,
        HEIGHT - 332
    );
    let x = dice.roll(360, 440);
    cottage(out, palette, (x, 366));
    fir(out, palette.hills[2], (x - 40, 380), dice.roll(90, 140));
    fir(out, palette.hills[2], (x + 176, 378), dice.roll(110, 160));
    element!(
        out,
        "<path fill=\"{}\" d=\"M{} 352h-120v6h16v26h5v-26h40v26h5v-26h54z\"/>",
        palette.roof,
        x - 66
    );
}

fn desert(out: &mut String, palette: &Palette, dice: &mut Dice) {
    for _ in 0..3 {
        let (x, top, width) = (dice.roll(-40, 520), dice.roll(170, 230), dice.roll(110, 200));
        element!(
            out,
            "<path fill=\"{}\" d=\"M{x} 320l22 {}h{width}l26 {}z\"/>",
            palette.hills[0],
            top - 320,
            320 - top
        );
    }
    hills(out, dice, palette.hills[1], (318, 44));
    hills(out, dice, palette.ground, (350, 30));
    let x = dice.roll(180, 320);
    bungalow(out, palette, (x, 372));
    for at in [x - 90, x + 262, x + 330] {
        cactus(out, palette.hills[2], (at, 380 + dice.roll(-4, 12)), dice.roll(60, 96));
    }
}

fn valley(out: &mut String, palette: &Palette, dice: &mut Dice) {
    hills(out, dice, palette.hills[0], (236, 90));
    hills(out, dice, palette.hills[1], (286, 70));
    for row in 0..5 {
        let y = 300 + row * 9;
        element!(
            out,
            "<path d=\"M-10 {y}q180 -{} 330 0t330 -6\" stroke=\"{}\" stroke-width=\"3\" fill=\"none\" opacity=\".5\"/>",
            30 - row * 3,
            palette.hills[2]
        );
    }
    hills(out, dice, palette.ground, (354, 34));
    let x = dice.roll(90, 400);
    cottage(out, palette, (x, 376));
    for at in [x - 50, x + 184] {
        let radius = dice.roll(26, 40);
        element!(
            out,
            "<path fill=\"{}\" d=\"M{} 330h6v52h-6z\"/><circle cx=\"{at}\" cy=\"{}\" r=\"{radius}\" fill=\"{}\"/>",
            palette.roof,
            at - 3,
            330 - radius / 2,
            palette.hills[2]
        );
    }
}

fn wood(out: &mut String, colour: &str, dice: &mut Dice, y: i32) {
    let mut x = dice.roll(-10, 10);
    while x < WIDTH {
        fir(out, colour, (x, y), dice.roll(26, 58));
        x += dice.roll(16, 40);
    }
}

fn cactus(out: &mut String, colour: &str, (x, y): (i32, i32), tall: i32) {
    element!(
        out,
        "<path d=\"M{x} {y}v-{tall}M{x} {}h-18v-{}M{x} {}h18v-{}\" stroke=\"{colour}\" stroke-width=\"10\" stroke-linecap=\"round\" stroke-linejoin=\"round\" fill=\"none\"/>",
        y - tall / 3,
        tall / 4,
        y - tall / 2,
        tall / 4
    );
}
