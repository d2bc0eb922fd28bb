//! Pictures that hosts upload, over HTTP.

use std::io::Cursor;

use super::guest::{Guest, text};
use super::{Answer, Site};
use axum::body::Body;
use axum::http::{Request, header};
use deployer::hbnb::Part;
use deployer::hbnb::model::Class;
use http_body_util::BodyExt;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use tokio::task::JoinSet;
use tower::ServiceExt;

const BOUNDARY: &str = "----seam";

/// A host with a place, and somebody else.
struct Scene {
    site: Site,
    host: Guest,
    other: Guest,
    place: String,
}

impl Scene {
    async fn new() -> Self {
        let site = Site::seeded(Part::All).await;
        let place = site.storage.list(Class::Place).await.unwrap().remove(0);
        let host = text(&place, "user_id");
        let users = site.storage.list(Class::User).await.unwrap();
        let other = users.iter().map(|user| text(user, "id")).find(|id| *id != host).unwrap();
        Self {
            host: Guest::of(&site.storage, &host).await,
            other: Guest::of(&site.storage, &other).await,
            place: text(&place, "id"),
            site,
        }
    }

    fn here(&self) -> String {
        format!("/listings/{}", self.place)
    }

    fn request(&self, who: &Guest, body: Vec<u8>) -> Request<Body> {
        let request = Request::builder().method("POST").uri(format!("{}/pictures", self.here()));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = request.header(header::COOKIE, &who.cookie).header(header::CONTENT_TYPE, kind);
        request.body(Body::from(body)).unwrap()
    }

    async fn send(&self, file: &[u8]) -> Answer {
        let body = form(&[("csrf", self.host.token.as_bytes()), ("picture", file)]);
        self.site.send(self.request(&self.host, body)).await
    }

    async fn pictures(&self) -> Vec<String> {
        self.site.storage.pictures(&self.place).await.unwrap()
    }

    /// How many files there are.
    fn files(&self) -> usize {
        std::fs::read_dir(self.site.pictures.path()).map_or(0, Iterator::count)
    }

    /// Header and body of a file.
    async fn file(&self, path: &str) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let (parts, body) = self.site.router.clone().oneshot(request).await.unwrap().into_parts();
        let headers = parts.headers.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_string()));
        (parts.status.as_u16(), headers.collect(), body.collect().await.unwrap().to_bytes().to_vec())
    }

    /// The picture of this path.
    async fn seen(&self, path: &str) -> RgbImage {
        let (status, headers, bytes) = self.file(path).await;
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        assert_eq!((status, header("content-type").as_deref()), (200, Some("image/jpeg")), "{path}");
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header("cache-control").as_deref(), Some("public, max-age=31536000, immutable"));
        image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap().to_rgb8()
    }
}

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file =
            if *name == "picture" { "; filename=\"../../etc/x.php\"\r\nContent-Type: text/html" } else { "" };
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

/// A picture whose left half is red and whose right half is blue.
fn halves(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x, _| if x < width / 2 { Rgb([230, 20, 20]) } else { Rgb([20, 20, 230]) };
    written(&DynamicImage::from(RgbImage::from_fn(width, height, pixel)), format)
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// The same JPEG with what a camera says: turn it a quarter clockwise; and where it was taken.
fn turned(jpeg: &[u8]) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"52.5200 N 13.4050 E");
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xE1];
    out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out
}

/// The head of a PNG of this size, and nothing to fill it.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut head = halves(2, 2, ImageFormat::Png);
    head[16..20].copy_from_slice(&width.to_be_bytes());
    head[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&head[12..29]);
    head[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    head
}

fn is_red(pixel: &Rgb<u8>) -> bool {
    pixel.0[0] > 180 && pixel.0[2] < 80
}

fn is_blue(pixel: &Rgb<u8>) -> bool {
    pixel.0[2] > 180 && pixel.0[0] < 80
}

#[tokio::test]
async fn a_picture_of_any_kind_becomes_a_jpeg_of_ours_and_the_cover() {
    let scene = Scene::new().await;
    for (at, format) in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP].into_iter().enumerate() {
        let sent = scene.send(&halves(2000, 1000, format)).await;
        let back = format!("{}?done=picture#pictures", scene.here());
        assert_eq!((sent.status, sent.header("location")), (303, Some(&*back)), "{}", sent.body);
        let pictures = scene.pictures().await;
        assert_eq!((pictures.len(), scene.files()), (at + 1, 2 * (at + 1)));
        for (ending, width) in [("", 1600), ("-small", 720)] {
            let seen = scene.seen(&format!("/pictures/{}{ending}.jpg", pictures[at])).await;
            assert_eq!(seen.dimensions(), (width, width / 2));
            assert!(is_red(seen.get_pixel(10, 10)) && is_blue(seen.get_pixel(width - 10, 10)));
        }
    }
    let cover = format!("/pictures/{}", scene.pictures().await[0]);
    for path in ["/search", "/", "/listings", &scene.here(), &format!("/places/{}", scene.place)] {
        let mut found = false;
        for page in 1..=7 {
            let path = if path.len() > 10 { path.to_string() } else { format!("{path}?page={page}") };
            found |= scene.host.get(&scene.site, &path).await.body.contains(&cover);
        }
        assert!(found, "{path}");
    }
}

#[tokio::test]
async fn a_picture_is_turned_as_its_camera_says_and_tells_nothing_about_it() {
    let scene = Scene::new().await;
    assert_eq!(scene.send(&turned(&halves(300, 200, ImageFormat::Jpeg))).await.status, 303);
    let path = format!("/pictures/{}.jpg", scene.pictures().await[0]);
    let seen = scene.seen(&path).await;
    assert_eq!(seen.dimensions(), (200, 300));
    assert!(is_red(seen.get_pixel(100, 20)) && is_blue(seen.get_pixel(100, 280)));
    let (_, _, bytes) = scene.file(&path).await;
    assert!(!bytes.windows(4).any(|part| part == b"Exif" || part == b"52.5"));
}

#[tokio::test]
async fn what_is_transparent_becomes_white_and_a_small_picture_stays_small() {
    let scene = Scene::new().await;
    let clear = DynamicImage::from(RgbaImage::from_pixel(40, 30, Rgba([0, 0, 0, 0])));
    assert_eq!(scene.send(&written(&clear, ImageFormat::Png)).await.status, 303);
    let seen = scene.seen(&format!("/pictures/{}.jpg", scene.pictures().await[0])).await;
    assert_eq!((seen.dimensions(), seen.get_pixel(20, 15)), ((40, 30), &Rgb([255, 255, 255])));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_a_sentence_and_leaves_nothing() {
    let scene = Scene::new().await;
    let (jpeg, png) = (halves(600, 400, ImageFormat::Jpeg), halves(600, 400, ImageFormat::Png));
    let webp = halves(600, 400, ImageFormat::WebP);
    let broken = "This picture is damaged, or only a part of it.";
    let unknown = "This is no picture that we know.";
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    for (name, file, status, said) in [
        ("nothing", &b""[..], 422, "Choose a picture first."),
        ("a text", b"hello", 422, unknown),
        ("a drawing with a script", script, 422, unknown),
        ("a page", b"<!DOCTYPE html><script>alert(1)</script>", 422, unknown),
        ("a GIF", b"GIF89a\x01\0\x01\0\0\0\0;", 422, unknown),
        ("half a JPEG", &jpeg[..jpeg.len() / 2], 422, broken),
        ("a JPEG without its end", &jpeg[..jpeg.len() - 2], 422, broken),
        ("half a PNG", &png[..png.len() / 2], 422, broken),
        ("half a WebP", &webp[..webp.len() / 2], 422, broken),
        ("the head of a JPEG", &[0xFF, 0xD8, 0xFF], 422, broken),
        ("the head of a PNG", b"\x89PNG\r\n\x1a\n", 422, broken),
        ("a picture of 20000 x 20000", &bomb(20_000, 20_000), 422, "It may have 25 million pixels."),
        ("a picture of 2147483647 x 1", &bomb(i32::MAX as u32, 1), 422, "25 million pixels."),
        ("too much", &vec![0xFF; (5 << 20) + 1], 413, "A picture may have 5 MB."),
        ("much too much", &vec![0xFF; 10 << 20], 413, "A picture may have 5 MB."),
    ] {
        let answer = scene.send(file).await;
        let said =
            answer.body.contains(said) || answer.status == 413 && answer.body.contains("longer than any");
        assert!(answer.status == status && said, "{name}: {} {}", answer.status, answer.body);
        assert_eq!((scene.pictures().await.len(), scene.files()), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn what_hides_behind_a_picture_is_gone() {
    let scene = Scene::new().await;
    let mut both = halves(60, 40, ImageFormat::Jpeg);
    both.extend(b"<script>alert(1)</script>PK\x05\x06");
    assert_eq!(scene.send(&both).await.status, 303);
    let (_, _, bytes) = scene.file(&format!("/pictures/{}.jpg", scene.pictures().await[0])).await;
    assert!(!bytes.windows(7).any(|part| part == b"<script"));
}

#[tokio::test]
async fn a_form_that_is_not_ours_or_no_form_is_refused() {
    let scene = Scene::new().await;
    let (token, file) = (scene.host.token.as_bytes(), &halves(60, 40, ImageFormat::Png)[..]);
    let send = async |who: &Guest, body: Vec<u8>| scene.site.send(scene.request(who, body)).await.status;
    for (name, parts, status) in [
        ("no token", &[("picture", file)][..], 403),
        ("another token", &[("csrf", scene.other.token.as_bytes()), ("picture", file)], 403),
        ("a long token", &[("csrf", &[b'x'; 5000]), ("picture", file)], 403),
        ("a token that is no text", &[("csrf", b"\xff\xfe"), ("picture", file)], 403),
        ("no file", &[("csrf", token)], 422),
        ("no parts", &[], 403),
    ] {
        assert_eq!(send(&scene.host, form(parts)).await, status, "{name}");
    }
    let whole = form(&[("csrf", token), ("picture", file)]);
    assert_eq!(send(&scene.host, whole[..whole.len() - 20].to_vec()).await, 400);
    assert_eq!(send(&scene.host, b"nothing of the kind".to_vec()).await, 400);
    assert_eq!(send(&scene.other, whole.clone()).await, 404);
    for kind in ["multipart/form-data", "application/x-www-form-urlencoded", "image/png", "\"", ""] {
        let mut request = scene.request(&scene.host, whole.clone());
        request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
        assert_eq!(scene.site.send(request).await.status, 400, "{kind}");
    }
    assert_eq!((scene.pictures().await.len(), scene.files()), (0, 0));
    let odd = [("x", &b"y"[..]), ("picture", file), ("picture", b"second"), ("csrf", token), ("csrf", b"z")];
    assert_eq!(send(&scene.host, form(&odd)).await, 303);
    assert_eq!(scene.pictures().await.len(), 1);
}

#[tokio::test]
async fn pictures_are_put_in_order_and_deleted_with_their_files() {
    let scene = Scene::new().await;
    let (site, host) = (&scene.site, &scene.host);
    for _ in 0..3 {
        assert_eq!(scene.send(&halves(60, 40, ImageFormat::Png)).await.status, 303);
    }
    let ids = scene.pictures().await;
    let path = |id: &str, what: &str| format!("{}/pictures/{id}/{what}", scene.here());
    let order = |all: [usize; 3]| all.map(|at| ids[at].clone());
    for (id, to, wanted) in [
        (2, "first", [2, 0, 1]),
        (2, "later", [0, 2, 1]),
        (1, "later", [0, 2, 1]),
        (1, "earlier", [0, 1, 2]),
        (0, "earlier", [0, 1, 2]),
        (0, "first", [0, 1, 2]),
    ] {
        let moved = host.post(site, &path(&ids[id], "move"), &format!("to={to}")).await;
        assert_eq!(moved.header("location"), Some(&*format!("{}#pictures", scene.here())));
        assert_eq!(scene.pictures().await, order(wanted), "{id} {to}");
    }
    assert_eq!(host.post(site, &path(&ids[0], "move"), "to=elsewhere").await.status, 400);
    for (who, id) in [(host, "none"), (host, "..%2F..%2Fx"), (host, "%00"), (&scene.other, &*ids[0])] {
        assert_eq!(who.post(site, &path(id, "move"), "to=first").await.status, 404, "{id}");
        assert_eq!(who.post(site, &path(id, "delete"), "").await.status, 404, "{id}");
    }
    assert_eq!(scene.files(), 6);
    assert_eq!(host.post(site, &path(&ids[0], "delete"), "").await.status, 303);
    assert_eq!((scene.pictures().await, scene.files()), (ids[1..].to_vec(), 4));
    let gone = format!("/pictures/{}.jpg", ids[0]);
    for wrong in
        [&*gone, "/pictures/x.jpg", "/pictures/..%2F..%2Fetc%2Fpasswd", "/pictures/%00", "/pictures/%FF"]
    {
        assert_eq!(site.get(wrong).await.status, 404, "{wrong}");
    }
    // What clients of the API delete is not to be seen any more either.
    assert_eq!(site.ask("DELETE", &format!("/api/v1/places/{}", scene.place), "").await.status, 200);
    assert_eq!(site.get(&format!("/pictures/{}.jpg", ids[1])).await.status, 404);
}

#[tokio::test]
async fn with_a_listing_go_its_pictures() {
    let scene = Scene::new().await;
    assert_eq!(scene.send(&halves(60, 40, ImageFormat::Png)).await.status, 303);
    assert_eq!(scene.host.post(&scene.site, &format!("{}/delete", scene.here()), "").await.status, 303);
    assert_eq!((scene.pictures().await.len(), scene.files()), (0, 0));
}

#[tokio::test]
async fn what_clients_of_the_api_delete_leaves_no_file_behind() {
    for class in [Class::Place, Class::City, Class::State, Class::User] {
        let scene = Scene::new().await;
        assert_eq!(scene.send(&halves(60, 40, ImageFormat::Png)).await.status, 303);
        let place = scene.site.storage.get(Class::Place, &scene.place).await.unwrap().unwrap();
        let city = scene.site.storage.get(Class::City, &text(&place, "city_id")).await.unwrap().unwrap();
        let path = match class {
            Class::City => format!("cities/{}", text(&city, "id")),
            Class::State => format!("states/{}", text(&city, "state_id")),
            Class::User => format!("users/{}", text(&place, "user_id")),
            _ => format!("places/{}", scene.place),
        };
        let path = format!("/api/v1/{path}");
        assert_eq!(scene.site.ask("DELETE", &format!("{path}x"), "").await.status, 404);
        assert_eq!((scene.pictures().await.len(), scene.files()), (1, 2), "{class:?}");
        assert_eq!(scene.site.ask("DELETE", &path, "").await.status, 200);
        assert_eq!((scene.pictures().await.len(), scene.files()), (0, 0), "{class:?}");
    }
}

#[tokio::test]
async fn a_place_has_twenty_pictures_at_most_however_many_come_at_once() {
    let scene = Scene::new().await;
    let file = halves(60, 40, ImageFormat::Png);
    let body = form(&[("csrf", scene.host.token.as_bytes()), ("picture", &file)]);
    let mut all = JoinSet::new();
    for _ in 0..24 {
        let (router, request) = (scene.site.router.clone(), scene.request(&scene.host, body.clone()));
        all.spawn(async move { super::super::send(&router, request).await });
    }
    let answers = all.join_all().await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(303), count(422)), (20, 4));
    assert!(answers.iter().any(|answer| answer.body.contains("A place has at most 20 pictures.")));
    assert_eq!((scene.pictures().await.len(), scene.files()), (20, 40));
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_told_and_nothing_is_half_done() {
    let scene = Scene::new().await;
    std::fs::remove_dir(scene.site.pictures.path()).unwrap();
    std::fs::write(scene.site.pictures.path(), "not a directory").unwrap();
    let answer = scene.send(&halves(60, 40, ImageFormat::Png)).await;
    let said = "There is no room for more pictures. Please try again later.";
    assert!(answer.status == 503 && answer.body.contains(said), "{}", answer.body);
    assert!(!answer.body.contains(&*scene.site.pictures.path().to_string_lossy()));
    assert_eq!(scene.pictures().await.len(), 0);
    std::fs::remove_file(scene.site.pictures.path()).unwrap();
    assert_eq!(scene.send(&halves(60, 40, ImageFormat::Png)).await.status, 303);
}
