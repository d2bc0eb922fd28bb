//! The dynamic application.

use super::{get, without_database};
use deployer::hbnb::storage::Database;
use deployer::hbnb::{Part, Settings, app};

const ODD: &str = "<!DOCTYPE html>\n<HTML lang=\"en\">\n    <HEAD>\n        <META name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n        <TITLE>HBNB</TITLE>\n    </HEAD>\n    <BODY>\n        <H1>Number: 5 is odd</H1>\n    </BODY>\n</HTML>\n";

#[tokio::test]
async fn a_number_is_odd_or_even_at_the_root_and_under_the_mount() {
    for part in [Part::Dynamic, Part::All] {
        let router = without_database(part).await;
        for path in ["/number_odd_or_even/5", "/airbnb-dynamic/number_odd_or_even/5"] {
            for slash in ["", "/"] {
                let answer = get(&router, &format!("{path}{slash}")).await;
                assert_eq!(answer.said(), (200, ODD), "{part} {path}{slash}");
                assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
                assert_eq!(answer.header("content-length"), Some(&*ODD.len().to_string()));
            }
        }
    }
}

#[tokio::test]
async fn every_number_has_a_parity_and_nothing_else_is_a_number() {
    let router = without_database(Part::Dynamic).await;
    for (n, said) in [
        ("6", "Number: 6 is even"),
        ("0", "Number: 0 is even"),
        ("007", "Number: 7 is odd"),
        ("123456789012345678901234567890", "Number: 123456789012345678901234567890 is even"),
    ] {
        let answer = get(&router, &format!("/number_odd_or_even/{n}")).await;
        assert_eq!(answer.said(), (200, &*ODD.replace("Number: 5 is odd", said)));
    }
    for wrong in ["python", "5.0", "-5", "5x", "%20", "%FF", ""] {
        for page in ["number_odd_or_even", "number", "number_template"] {
            assert_eq!(get(&router, &format!("/{page}/{wrong}")).await.status, 404, "{page}/{wrong}");
        }
    }
}

#[tokio::test]
async fn words_of_the_address_become_sentences_and_are_escaped() {
    let router = without_database(Part::Dynamic).await;
    for (path, said) in [
        ("/c/is_fun", "C is fun"),
        ("/c/is_fun/", "C is fun"),
        ("/c/%3Cb%3E&%22'", "C &lt;b&gt;&amp;&#34;&#39;"),
        ("/python", "Python is cool"),
        ("/python/", "Python is cool"),
        ("/python/is_magic", "Python is magic"),
        ("/number/89", "89 is a number"),
        ("/airbnb-dynamic/python/is_magic/", "Python is magic"),
    ] {
        assert_eq!(get(&router, path).await.said(), (200, said), "{path}");
    }
    let page = ODD.replace("Number: 5 is odd", "Number: 89");
    assert_eq!(get(&router, "/number_template/89").await.said(), (200, &*page));
    assert_eq!(get(&router, "/c/").await.status, 404);
    assert_eq!(get(&router, "/c/%FF").await.status, 404);
}

#[tokio::test]
async fn the_mount_is_a_setting() {
    let mut settings = Settings::new(Database::Sqlite("/nonexistent/hbnb.db".into()));
    settings.dynamic_mount = "/numbers".into();
    let router = app(Part::Dynamic, &settings).await.unwrap();
    assert_eq!(get(&router, "/numbers/number/5").await.said(), (200, "5 is a number"));
    assert_eq!(get(&router, "/airbnb-dynamic/number/5").await.status, 404);
    settings.dynamic_mount = String::new();
    let router = app(Part::Dynamic, &settings).await.unwrap();
    assert_eq!(get(&router, "/number/5").await.said(), (200, "5 is a number"));
}
