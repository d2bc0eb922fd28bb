//! What a host offers, over HTTP.

use super::guest::{Guest, text};
use super::{Answer, Site};
use deployer::hbnb::Part;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::storage::object::Which;
use jiff::ToSpan;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A host, and somebody else.
struct Scene {
    site: Site,
    host: Guest,
    other: Guest,
    host_id: String,
    city: String,
    amenities: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let site = Site::seeded(Part::All).await;
        let users = site.storage.list(Class::User).await.unwrap();
        let places = site.storage.list(Class::Place).await.unwrap();
        let offers = |id: &str| places.iter().any(|place| text(place, "user_id") == id);
        // Someone without a place yet.
        let idle = users.iter().map(|user| text(user, "id")).find(|id| !offers(id));
        let host_id = idle.unwrap_or_else(|| text(&users[0], "id"));
        let other = users.iter().map(|user| text(user, "id")).find(|id| *id != host_id).unwrap();
        let amenities = site.storage.amenities().await.unwrap();
        Self {
            host: Guest::of(&site.storage, &host_id).await,
            other: Guest::of(&site.storage, &other).await,
            city: text(&site.storage.list(Class::City).await.unwrap()[0], "id"),
            amenities: amenities.into_iter().take(2).map(|amenity| amenity.id).collect(),
            site,
            host_id,
        }
    }

    /// The fields of a place that is fine.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("name", "  <Loft> & \"more\" ".to_string()),
            ("city", self.city.clone()),
            ("description", "Bright.\r\nQuiet é😀".into()),
            ("max_guest", "4".into()),
            ("number_rooms", "0".into()),
            ("number_bathrooms", "1".into()),
            ("price_by_night", "120".into()),
        ];
        fields.extend(self.amenities.iter().map(|id| ("amenity", id.clone())));
        fields
    }

    async fn places(&self) -> Vec<Values> {
        self.site.storage.list_of(Class::Place, "user_id", &self.host_id).await.unwrap()
    }

    async fn send(&self, path: &str, fields: &[(&str, String)]) -> Answer {
        self.host.post(&self.site, path, &form(fields)).await
    }

    /// Lists a place and says its id.
    async fn listed(&self) -> String {
        let before: Vec<String> = self.places().await.iter().map(|place| text(place, "id")).collect();
        assert_eq!(self.send("/listings/new", &self.fields()).await.status, 303);
        let after = self.places().await;
        after.iter().map(|place| text(place, "id")).find(|id| !before.contains(id)).unwrap()
    }

    async fn offered(&self, place: &str) -> Vec<String> {
        let rows = self.site.storage.rows(Class::Amenity, Which::OfferedBy(place), None).await.unwrap();
        let mut ids: Vec<String> = rows.iter().map(|row| text(row, "id")).collect();
        ids.sort();
        ids
    }
}

fn form(fields: &[(&str, String)]) -> String {
    let pair =
        |(name, value): &(&str, String)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// The same fields, one of them with another text.
fn with(fields: &[(&'static str, String)], name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let others = fields.iter().filter(|(known, _)| *known != name).cloned();
    others.chain([(name, value.to_string())]).collect()
}

#[tokio::test]
async fn a_host_lists_a_place_changes_it_and_deletes_it() {
    let scene = Scene::new().await;
    let (site, host) = (&scene.site, &scene.host);
    let empty = host.get(site, "/listings/new").await;
    assert_eq!((empty.status, empty.header("cache-control")), (200, Some("no-store")), "{}", empty.body);
    let id = scene.listed().await;
    let place = site.storage.get(Class::Place, &id).await.unwrap().unwrap();
    assert_eq!(text(&place, "name"), "<Loft> & \"more\"");
    assert_eq!(text(&place, "description"), "Bright.<BR />Quiet é😀");
    let numbers = ["max_guest", "number_rooms", "number_bathrooms", "price_by_night"]
        .map(|name| place[name].as_i64().unwrap());
    assert_eq!(numbers, [4, 0, 1, 120]);
    let mut wanted = scene.amenities.clone();
    wanted.sort();
    assert_eq!(scene.offered(&id).await, wanted);

    let here = format!("/listings/{id}");
    let list = host.get(site, "/listings").await;
    assert!(list.body.contains("&lt;Loft&gt;") && list.body.contains(&here), "{}", list.body);
    let page = host.get(site, &format!("{here}?done=added")).await;
    assert!(page.body.contains("Your place is listed.") && page.body.contains(">\nBright.\nQuiet é😀<"));
    assert_eq!(page.body.matches(" checked>").count(), 2);
    assert_eq!(page.body.matches(" selected>").count(), 1);
    let changed = with(&with(&scene.fields()[..8], "name", "Cabin"), "description", "");
    let saved = scene.send(&here, &changed).await;
    assert_eq!((saved.status, saved.header("location")), (303, Some(&*format!("{here}?done=saved"))));
    let place = site.storage.get(Class::Place, &id).await.unwrap().unwrap();
    assert_eq!((text(&place, "name"), text(&place, "description")), ("Cabin".into(), String::new()));
    assert_eq!(scene.offered(&id).await, scene.amenities[..1]);
    assert!(site.get(&format!("/places/{id}")).await.body.contains("Cabin"));

    let doubt = host.get(site, &format!("{here}/delete")).await;
    assert!(doubt.status == 200 && doubt.body.contains("Delete this place?"), "{}", doubt.body);
    let gone = scene.send(&format!("{here}/delete"), &[]).await;
    assert_eq!((gone.status, gone.header("location")), (303, Some("/listings?done=deleted")));
    assert_eq!(host.get(site, &here).await.status, 404);
}

#[tokio::test]
async fn a_place_belongs_to_its_host_alone() {
    let scene = Scene::new().await;
    let id = scene.listed().await;
    let before = scene.site.storage.get(Class::Place, &id).await.unwrap();
    let here = format!("/listings/{id}");
    let posts = ["", "/delete", "/pictures/x/delete", "/pictures/x/move"].map(|end| format!("{here}{end}"));
    for path in [&here, &format!("{here}/delete")] {
        assert_eq!(scene.other.get(&scene.site, path).await.status, 404, "{path}");
        let stranger = scene.site.get(path).await;
        assert!(stranger.status == 303 && stranger.header("location").unwrap().starts_with("/log-in?next="));
    }
    let form = format!("{}&to=first", form(&with(&scene.fields(), "name", "Stolen")));
    for path in &posts {
        assert_eq!(scene.other.post(&scene.site, path, &form).await.status, 404, "{path}");
        let forged = Guest { token: scene.other.token.clone(), ..scene.host.clone() };
        assert_eq!(forged.post(&scene.site, path, &form).await.status, 403, "{path}");
    }
    for path in ["/listings/none", "/listings/%27%00", "/listings/%FF", "/listings/..%2F..%2Fetc"] {
        assert_eq!(scene.host.get(&scene.site, path).await.status, 404, "{path}");
        assert_eq!(scene.host.post(&scene.site, path, &form).await.status, 404, "{path}");
    }
    assert_eq!(scene.site.get("/listings").await.header("location"), Some("/log-in?next=%2Flistings"));
    assert_eq!(scene.site.storage.get(Class::Place, &id).await.unwrap(), before);
}

#[tokio::test]
async fn what_does_not_fit_is_told_beside_its_field_and_nothing_is_written() {
    let scene = Scene::new().await;
    let id = scene.listed().await;
    let before = scene.places().await;
    let fields = scene.fields();
    let (long, lines) = ("é".repeat(129), "é\n".repeat(170));
    for (name, value, said) in [
        ("name", "  ", "name-wrong\">This is needed."),
        ("name", &*long, "name-wrong\">At most 128 characters."),
        ("city", "", "city-wrong\">This is needed."),
        ("city", "none", "city-wrong\">Choose a city of the list."),
        ("city", "' OR 1=1 --", "city-wrong\">Choose a city of the list."),
        ("description", &lines, "description-wrong\">At most 1024 characters; each new line counts for 6."),
        ("max_guest", "0", "max_guest-wrong\">A whole number from 1 to 100."),
        ("max_guest", "", "max_guest-wrong\">This is needed."),
        ("number_rooms", "-1", "number_rooms-wrong\">A whole number from 0 to 100."),
        ("number_rooms", "1e1", "number_rooms-wrong\">A whole number from 0 to 100."),
        ("number_bathrooms", "٣", "number_bathrooms-wrong\">A whole number from 0 to 100."),
        (
            "price_by_night",
            "99999999999999999999",
            "price_by_night-wrong\">A whole number from 1 to 1000000.",
        ),
        ("amenity", "none", "One of the amenities is not there any more."),
    ] {
        for path in ["/listings/new", &format!("/listings/{id}")] {
            let answer = scene.send(path, &with(&fields, name, value)).await;
            assert!(answer.status == 422 && answer.body.contains(said), "{name}={value}: {}", answer.body);
            assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
        }
    }
    let nothing = scene.send("/listings/new", &[]).await;
    assert_eq!((nothing.status, nothing.body.matches("-wrong\">This is needed.").count()), (422, 6));
    for bytes in ["name=%FF", "name=%00", "name=%ED%A0%80"] {
        assert_eq!(scene.host.post(&scene.site, "/listings/new", bytes).await.status, 400, "{bytes}");
    }
    let huge = format!("name={}", "x".repeat(10 << 20));
    assert_eq!(scene.host.post(&scene.site, "/listings/new", &huge).await.status, 413);
    assert_eq!(scene.places().await, before);
}

#[tokio::test]
async fn a_place_is_not_deleted_while_guests_are_to_come() {
    let scene = Scene::new().await;
    let id = scene.listed().await;
    let users = scene.site.storage.list(Class::User).await.unwrap();
    let guest = users.iter().map(|user| text(user, "id")).find(|id| *id != scene.host_id).unwrap();
    let check_in = today() + 3.days();
    let wanted = Wanted { stay: Stay { check_in, check_out: check_in + 2.days() }, guests: 1, agreed: None };
    scene.site.storage.book(&id, &guest, wanted).await.unwrap();
    let delete = format!("/listings/{id}/delete");
    let answer = scene.send(&delete, &[]).await;
    assert!(
        answer.status == 409 && answer.body.contains("Guests have booked nights here"),
        "{}",
        answer.body
    );
    assert!(scene.site.storage.get(Class::Place, &id).await.unwrap().is_some());
    let trip = scene.site.storage.trips(&guest).await.unwrap().remove(0);
    scene.site.storage.cancel(&trip.id, &guest, today()).await.unwrap();
    assert_eq!(scene.send(&delete, &[]).await.status, 303);
}
