//! Reviews on the page of a place, and its calendar.

use super::Site;
use super::guest::{Guest, text};
use deployer::hbnb::Part;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::Class;
use jiff::ToSpan;
use tokio::task::JoinSet;

/// A place, and two who have booked it: one's stay ended today, the other's ends tomorrow.
struct Scene {
    site: Site,
    place: String,
    stayed: Guest,
    staying: Guest,
}

impl Scene {
    async fn new() -> Self {
        let site = Site::seeded(Part::All).await;
        let place = site.storage.list(Class::Place).await.unwrap().remove(0);
        let id = text(&place, "id");
        let reviews = site.storage.list_of(Class::Review, "place_id", &id).await.unwrap();
        let users = site.storage.list(Class::User).await.unwrap();
        let has_said = |user: &str| reviews.iter().any(|review| text(review, "user_id") == user);
        let mut guests = users.iter().map(|user| text(user, "id"));
        let mut free = || guests.find(|id| *id != text(&place, "user_id") && !has_said(id)).unwrap();
        let (stayed, staying) = (free(), free());
        for (guest, begin, end) in [(&stayed, -3, 0), (&staying, 0, 1)] {
            let stay = Stay { check_in: today() + begin.days(), check_out: today() + end.days() };
            site.storage.book(&id, guest, Wanted { stay, guests: 1, agreed: None }).await.unwrap();
        }
        let stayed = Guest::of(&site.storage, &stayed).await;
        let staying = Guest::of(&site.storage, &staying).await;
        Self { site, place: id, stayed, staying }
    }

    fn page(&self) -> String {
        format!("/places/{}", self.place)
    }

    fn reviews(&self) -> String {
        format!("/places/{}/reviews", self.place)
    }

    async fn count(&self) -> usize {
        self.site.storage.list_of(Class::Review, "place_id", &self.place).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_guest_reviews_a_place_once_after_the_stay() {
    let scene = Scene::new().await;
    let (site, guest) = (&scene.site, &scene.stayed);
    let before = scene.count().await;
    let asks = |body: &str| body.contains("You stayed here. How was it?");
    assert!(asks(&guest.get(site, &scene.page()).await.body));
    assert!(!asks(&scene.staying.get(site, &scene.page()).await.body));
    assert!(!asks(&site.get(&scene.page()).await.body));
    for (form, said) in [
        ("text=%20%0A", "Write a few words first.".to_string()),
        ("", "Write a few words first.".into()),
        (&*format!("text={}", "x".repeat(1025)), "At most 1024 characters.".into()),
    ] {
        let answer = guest.post(site, &scene.reviews(), form).await;
        assert!(answer.status == 422 && answer.body.contains(&said), "{}", answer.body);
    }
    let early = scene.staying.post(site, &scene.reviews(), "text=Lovely").await;
    assert!(early.status == 403 && early.body.contains("Reviews are for guests"), "{}", early.body);
    assert_eq!(scene.count().await, before);
    let sent = guest.post(site, &scene.reviews(), "text=%3Cb%3ELovely%3C%2Fb%3E%0D%0Aquiet").await;
    let back = format!("{}?done=reviewed#said", scene.page());
    assert_eq!((sent.status, sent.header("location")), (303, Some(&*back)));
    let page = guest.get(site, &back).await;
    assert!(
        page.body.contains("&lt;b&gt;Lovely&lt;&#x2F;b&gt;<br>quiet")
            || page.body.contains("&lt;b&gt;Lovely&lt;/b&gt;<br>quiet"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Everybody can read your review now.") && !asks(&page.body));
    assert_eq!(guest.post(site, &scene.reviews(), "text=Again").await.status, 403);
    assert_eq!(scene.count().await, before + 1);
}

#[tokio::test]
async fn two_reviews_at_once_are_one() {
    let scene = Scene::new().await;
    let before = scene.count().await;
    let mut all = JoinSet::new();
    for _ in 0..8 {
        let router = scene.site.router.clone();
        let request = scene.stayed.ask("POST", &scene.reviews(), "text=Lovely");
        all.spawn(async move { super::super::send(&router, request).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 403, 403, 403, 403, 403, 403, 403]);
    assert_eq!(scene.count().await, before + 1);
}

#[tokio::test]
async fn nobody_else_reviews_a_place_on_the_site_but_clients_of_the_api_do() {
    let scene = Scene::new().await;
    let (site, before) = (&scene.site, scene.count().await);
    for path in ["/places/none/reviews", "/places/%27%00/reviews", "/places/%FF/reviews"] {
        assert_eq!(scene.stayed.post(site, path, "text=x").await.status, 404, "{path}");
    }
    let forged = Guest { token: scene.staying.token.clone(), ..scene.stayed.clone() };
    assert_eq!(forged.post(site, &scene.reviews(), "text=x").await.status, 403);
    assert_eq!(site.ask("POST", &scene.reviews(), "text=x").await.status, 403);
    assert_eq!(scene.count().await, before);
    let user = text(&site.storage.list(Class::User).await.unwrap()[0], "id");
    let body = format!("{{\"user_id\":\"{user}\",\"text\":\"old\"}}");
    let path = format!("/api/v1{}", scene.reviews());
    assert_eq!(site.ask("POST", &path, &body).await.status, 201);
    assert_eq!(scene.count().await, before + 1);
}

#[tokio::test]
async fn the_calendar_shows_two_months_and_leads_to_others() {
    let scene = Scene::new().await;
    let page = scene.site.get(&scene.page()).await.body;
    let (now, next) = (today().first_of_month(), today().first_of_month() + 1.month());
    for title in [now, next].map(|month| month.strftime("<caption>%B %Y</caption>").to_string()) {
        assert!(page.contains(&title), "{page}");
    }
    assert_eq!((page.matches("<th scope=\"col\"").count(), page.matches("<caption>").count()), (14, 2));
    // Last night is over for most, but not where it is still yesterday; tonight is booked by who stays now.
    let tonight =
        format!("<td class=\"booked\"><s>{}</s><span class=\"unseen\"> booked</span></td>", today().day());
    assert!(page.contains(&tonight), "{page}");
    assert!(!page.contains("rel=\"prev\" href=\"/places/"), "{page}");
    let link = format!("{}?month={}#calendar", scene.page(), (now + 2.months()).strftime("%Y-%m"));
    assert!(
        page.contains(&format!("rel=\"next\" href=\"{link}\""))
            || page.contains(&link.replace('/', "&#x2F;")),
        "{page}"
    );
    let later = scene.site.get(&link).await.body;
    assert!(later.contains("rel=\"prev\"") && !later.contains("<td class=\"booked\">"), "{later}");
    for odd in ["month=x", "month=%FF", "month=9999-99", "month=0000-00", "month=2026-02-30"] {
        let answer = scene.site.get(&format!("{}?{odd}", scene.page())).await;
        assert!(answer.status == 200 && answer.body.contains("<caption>"), "{odd}");
    }
    let kept = scene.site.get(&format!("{}?check_in=2020-01-01&guests=2", scene.page())).await.body;
    assert!(kept.contains("check_in=2020-01-01&amp;guests=2&amp;month="), "{kept}");
}
