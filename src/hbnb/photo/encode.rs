//! An upload made into pictures of ours: whatever else it was, and whatever it told about its maker, is gone.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

use super::Sizes;
use super::limit::{MAX_MEMORY, MAX_PIXELS};
use super::problem::Problem;
use super::size::Size;

/// Of 100; more is not seen, less is.
const QUALITY: u8 = 82;

/// A picture as JPEG, once in each [`Size`]. Turned as its camera says; what is transparent becomes white.
///
/// Takes JPEG, PNG and WebP, told by what is inside; of pictures that move, the first. Slow and large (up to a second and some
/// hundred megabytes): call it where nobody waits, and not often at once.
pub fn encode(upload: &[u8]) -> Result<Sizes, Problem> {
    let picture = decode(upload)?;
    let mut made = Size::ALL.map(|_| Vec::new());
    for (size, out) in Size::ALL.into_iter().zip(&mut made) {
        let plain = flat(&fitted(&picture, size.longest()));
        JpegEncoder::new_with_quality(out, QUALITY).encode_image(&plain).map_err(|_| Problem::Broken)?;
    }
    Ok(made)
}

fn decode(upload: &[u8]) -> Result<DynamicImage, Problem> {
    let format = image::guess_format(upload).map_err(|_| Problem::Unknown)?;
    match format {
        ImageFormat::Jpeg if !is_whole(upload) => return Err(Problem::Broken),
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP => {}
        _ => return Err(Problem::Unknown),
    }
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_MEMORY {
        return Err(Problem::TooLarge);
    }
    let orientation = decoder.orientation().map_err(problem)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(problem)?;
    // Turning a small picture is cheaper.
    let mut picture = fitted(&picture, Size::Large.longest());
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn problem(cause: ImageError) -> Problem {
    match cause {
        ImageError::Limits(_) => Problem::TooLarge,
        _ => Problem::Broken,
    }
}

/// Not larger than `longest` pixels either way.
fn fitted(picture: &DynamicImage, longest: u32) -> DynamicImage {
    match picture.width().max(picture.height()) > longest {
        true => picture.thumbnail(longest, longest),
        false => picture.clone(),
    }
}

/// Without transparency.
fn flat(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let seen = picture.to_rgba8();
    RgbImage::from_fn(seen.width(), seen.height(), |x, y| {
        let [red, green, blue, alpha] = seen.get_pixel(x, y).0.map(u16::from);
        Rgb([red, green, blue].map(|part| ((part * alpha + 255 * (255 - alpha)) / 255) as u8))
    })
}

/// Whether a JPEG has an end: decoders paint grey what is missing. Parts say their length; what follows the start of a scan
/// goes on to the next marker that stands for something: <https://www.w3.org/Graphics/JPEG/itu-t81.pdf>, B.1.
fn is_whole(jpeg: &[u8]) -> bool {
    const END: u8 = 0xD9;
    let mut rest = jpeg.get(2..).unwrap_or_default();
    loop {
        let Some(at) = rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))
        else {
            return false;
        };
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            END => return true,
            // Restarts within a scan, and one that means nothing, have no length.
            0xD0..=0xD7 | 0x01 => {}
            _ => {
                let length = rest.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
                let Some(after) = rest.get(length..) else { return false };
                rest = after;
            }
        }
    }
}
