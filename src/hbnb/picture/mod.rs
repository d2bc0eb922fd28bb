//! Pictures of places, drawn by a few rules: a landscape, a light, a house. The same number gives the same picture.

mod draw;
mod house;
mod scene;

use super::photo::{self, Size};
use draw::{Dice, Palette};

/// How many different pictures there are: every landscape in every light.
pub const COUNT: usize = scene::ALL.len() * draw::PALETTES.len();

/// The address of the picture that belongs to the place `id`; any text has one.
pub fn of(id: &str) -> String {
    // FNV-1a: small, and spreads ids that differ in one letter. http://www.isthe.com/chongo/tech/comp/fnv/
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    let hash = id.bytes().fold(2_166_136_261, mix);
    format!("/static/{}", path((hash >> 8) as usize % COUNT))
}

/// The address of a place's picture in a list: of its cover, the id of an upload, if it has one.
pub fn shown(cover: &str, place: &str) -> String {
    if cover.is_empty() { of(place) } else { photo::address(cover, Size::Small) }
}

/// Where picture `number` lies among the static files.
pub fn path(number: usize) -> String {
    format!("pictures/{number:02}.svg")
}

/// Picture `number`, an SVG of 640 × 420.
pub fn svg(number: usize) -> String {
    let palette: &Palette = &draw::PALETTES[number / scene::ALL.len() % draw::PALETTES.len()];
    let mut dice = Dice::new(number);
    let mut out = draw::sky(palette, &mut dice);
    scene::ALL[number % scene::ALL.len()](&mut out, palette, &mut dice);
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_picture_is_another_one_and_stays_the_same() {
        let all: BTreeSet<String> = (0..COUNT).map(svg).collect();
        assert_eq!(all.len(), COUNT);
        assert_eq!(svg(7), svg(7));
    }

    #[test]
    fn a_picture_holds_no_script_and_no_address_but_its_namespace() {
        for number in 0..COUNT {
            let text = svg(number);
            assert_eq!(text.matches("http").count(), 1, "{number}");
            assert!(!text.contains("script") && !text.contains("NaN"), "{number}");
        }
    }
}
