//! Who guesses: how often one may, and what one learns.

use std::time::{Duration, Instant};

use super::{ANN, ANN_LOGS_IN, Answer, Browser, Site, WRONG, with_ann};
use tokio::task::JoinSet;

use deployer::hbnb::model::Class;
use deployer::hbnb::storage::attempt::Count;
use deployer::hbnb::{Part, Settings, app};

/// Seconds of a window.
const WINDOW: u64 = 900;

fn is_told_to_wait(answer: &Answer) -> bool {
    let seconds: Option<u64> = answer.header("retry-after").and_then(|text| text.parse().ok());
    answer.status == 429
        && seconds.is_some_and(|seconds| (1..=WINDOW).contains(&seconds))
        && answer.body.contains("Too many attempts.")
}

#[tokio::test]
async fn after_ten_wrong_passwords_for_an_account_even_the_right_one_waits_wherever_it_comes_from() {
    let site = with_ann().await;
    for n in 1..=10_u8 {
        let mut browser = Browser::new(&site);
        browser.client = Some([198, 51, 100, n].into());
        let answer = browser.fill("/log-in", &[ANN_LOGS_IN[0], ("password", "guess")]).await;
        assert!(answer.status == 422 && answer.body.contains(WRONG), "{n}: {answer:?}");
    }
    // Another process counts alike.
    let other = app(Part::Web, &Settings::new(site.storage.database().clone())).await.unwrap();
    let other = Site {
        router: other,
        storage: site.storage.clone(),
        elsewhere: None,
        pictures: site.pictures,
        _keep: site._keep,
    };
    let answer = Browser::new(&other).fill("/log-in", &ANN_LOGS_IN).await;
    assert!(is_told_to_wait(&answer), "{answer:?}");
    let answer = Browser::new(&other).fill("/log-in", &[("email", "bob@x"), ("password", "guess")]).await;
    assert_eq!(answer.status, 422, "somebody else waits too");
}

#[tokio::test]
async fn an_address_that_nobody_has_is_told_to_wait_alike() {
    let site = Site::empty(Part::Web).await;
    let mut browser = Browser::new(&site);
    let fields = [("email", "nobody@example.com"), ("password", "guess")];
    for _ in 0..10 {
        assert_eq!(browser.fill("/log-in", &fields).await.status, 422);
    }
    assert!(is_told_to_wait(&browser.fill("/log-in", &fields).await));
}

#[tokio::test]
async fn a_network_that_guesses_at_many_accounts_waits_and_others_do_not() {
    let site = with_ann().await;
    let mut browser = Browser::new(&site);
    browser.client = Some("2001:db8::1".parse().unwrap());
    for n in 0..30 {
        let email = format!("a{n}@example.com");
        assert_eq!(browser.fill("/log-in", &[("email", &email), ("password", "guess")]).await.status, 422);
    }
    browser.client = Some("2001:db8::2".parse().unwrap());
    assert!(is_told_to_wait(&browser.fill("/log-in", &ANN_LOGS_IN).await));
    browser.client = Some("2001:db8:0:1::1".parse().unwrap());
    assert_eq!(browser.fill("/log-in", &ANN_LOGS_IN).await.status, 303);
}

#[tokio::test]
async fn a_network_makes_thirty_accounts_and_then_waits() {
    let site = Site::empty(Part::Web).await;
    let mut browser = Browser::new(&site);
    let sign_up = async |browser: &mut Browser<'_>, n: usize| {
        let email = format!("a{n}@example.com");
        browser.fill("/sign-up", &[ANN[0], ("email", &email), ANN[3]]).await
    };
    for n in 0..30 {
        assert_eq!(sign_up(&mut browser, n).await.status, 303);
    }
    assert!(is_told_to_wait(&sign_up(&mut browser, 30).await));
    assert_eq!(site.storage.list(Class::User).await.unwrap().len(), 30);
}

#[tokio::test]
async fn who_logs_in_at_last_may_err_again() {
    let site = with_ann().await;
    for _ in 0..2 {
        for _ in 0..9 {
            let mut browser = Browser::new(&site);
            let answer = browser.fill("/log-in", &[ANN_LOGS_IN[0], ("password", "guess")]).await;
            assert_eq!(answer.status, 422);
        }
        Browser::of_ann(&site).await;
    }
}

#[tokio::test]
async fn a_count_begins_anew_after_its_window() {
    let site = Site::empty(Part::Web).await;
    let counted = async |now: i64| site.storage.count_attempt("s", now, now - 900).await.unwrap();
    assert_eq!(counted(1000).await, Count { count: 1, begun_at: 1000 });
    assert_eq!(counted(1899).await, Count { count: 2, begun_at: 1000 });
    assert_eq!(counted(1900).await, Count { count: 1, begun_at: 1900 });
    let many = (0..20).map(|_| {
        let storage = site.storage.clone();
        tokio::spawn(async move { storage.count_attempt("t", 1950, 1050).await.unwrap().count })
    });
    let mut counts = Vec::new();
    for one in many.collect::<Vec<_>>() {
        counts.push(one.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<i64>>());
    site.storage.uncount_attempt("t").await.unwrap();
    assert_eq!(site.storage.count_attempt("t", 1951, 1051).await.unwrap().count, 20);
}

#[tokio::test]
async fn who_logs_in_does_not_wait_for_everybody_at_the_api() {
    let site = with_ann().await;
    let mut crowd = JoinSet::new();
    for n in 0..60 {
        let body = format!(r#"{{"email":"{n}@x","password":"{n}"}}"#);
        let (server, request) = (site.router.clone(), super::super::request("POST", "/api/v1/users", &body));
        crowd.spawn(async move { crate::app::send(&server, request).await.status });
    }
    // Once one of them is served, all of them have come.
    assert_eq!(crowd.join_next().await.unwrap().unwrap(), 201);
    Browser::of_ann(&site).await;
    let mut served = 0;
    while let Some(done) = crowd.try_join_next() {
        assert_eq!(done.unwrap(), 201);
        served += 1;
    }
    assert!(served < 40, "{served} of 60 came before one who logged in");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let site = with_ann().await;
    let mut browser = Browser::new(&site);
    browser.get("/log-in").await;
    let known = browser.fill("/log-in", &[ANN_LOGS_IN[0], ("password", "guess")]).await;
    let unknown = browser.fill("/log-in", &[("email", "eve@example.com"), ("password", "guess")]).await;
    let alike = known.body.replace("ann@example.com", "eve@example.com");
    assert_eq!((known.status, alike), (unknown.status, unknown.body.clone()));
    assert!(known.body.contains(WRONG) && !known.body.contains("guess"), "{}", known.body);
    let names = |answer: &Answer| answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));
}

#[tokio::test]
async fn an_unknown_address_costs_as_much_work_as_a_known_one() {
    let mut site = with_ann().await;
    let mut quickest = [Duration::MAX; 2];
    let are_alike = |[known, unknown]: [Duration; 2]| unknown > known / 2 && known > unknown / 2;
    // On a busy machine the quickest of a few is not quick yet.
    for round in 0..40 {
        if round >= 4 && are_alike(quickest) {
            return;
        }
        // Who has guessed ten times is refused before anything is worked out.
        if round % 8 == 7 {
            site = with_ann().await;
        }
        for (email, best) in ["ann@example.com", "eve@example.com"].iter().zip(&mut quickest) {
            let mut browser = Browser::new(&site);
            let begun = Instant::now();
            let answer = browser.fill("/log-in", &[("email", email), ("password", "guess")]).await;
            assert_eq!(answer.status, 422);
            *best = begun.elapsed().min(*best);
        }
    }
    panic!("known and unknown: {quickest:?}");
}
