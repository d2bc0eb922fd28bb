//! Bad and good examples of every rule; what is found is compared whole.

use super::*;
use crate::base::source::Source;

fn read(text: &str) -> Text {
    syntax::parse(&Source::new("x", text))
        .unwrap_or_else(|mistake| panic!("{:?}: {}", mistake.at, mistake.why))
}

/// What is found in a server with these lines: line and column, level, rule, what is underlined, message, other place.
fn said(lines: &str) -> Vec<String> {
    let text = read(&format!("server {{\n{lines}\n}}\n"));
    let listeners = Vec::from_iter(Listener::of("127.0.0.1:5000", "80"));
    let mut around = Around { upstreams: vec!["up".into()], listeners };
    around.add(&text);
    let shown = |finding: &Finding| {
        let said = &finding.said;
        let span = said.span.as_ref().unwrap();
        let line = span.source.line(span.line).chars();
        let underlined: String = line.skip(span.column - 1).take(span.length).collect();
        let level = format!("{:?}", said.level).to_lowercase();
        let place = |span: &Span| format!("{}:{}", span.line - 1, span.column);
        let other = finding.other.as_ref().map(|(name, span)| format!(" ({name} {})", place(span)));
        let other = other.unwrap_or_default();
        format!("{} {level} {} [{underlined}] {}{other}", place(span), finding.rule, said.message)
    };
    findings(&text, &around).iter().map(shown).collect()
}

/// Lines of a server, and what is found in them.
fn check(cases: &[(&str, &[&str])]) {
    for (lines, wanted) in cases {
        assert_eq!(said(lines), *wanted, "{lines}");
    }
}

#[test]
fn a_line_without_its_semicolon_swallows_the_next_one() {
    check(&[
        (
            "gzip_types text/css\n  gzip_vary on;",
            &["1:12 error missing_semicolon [text/css] `gzip_types` swallows `gzip_vary` (swallowed 2:3)"],
        ),
        (
            "server_name a b\n\n# c\nlisten 80;",
            &["1:15 error missing_semicolon [b] `server_name` swallows `listen` (swallowed 4:1)"],
        ),
        (
            "location / {\n  internal\n  deny all; }",
            &["2:3 error missing_semicolon [internal] `internal` swallows `deny` (swallowed 3:3)"],
        ),
        ("gzip_types text/css\n  text/plain;\nserver_name\n  a\n  b;", &[]),
        (
            "listen 80\n  ssl\n  http2;\naccess_log /x main\n gzip;\nset $a 'x\ny' root;\nset $b\n  'root';",
            &[],
        ),
    ]);
}

#[test]
fn an_if_in_a_location_answers_or_leads_elsewhere_and_does_nothing_else() {
    let found = "2:13 warning if_in_location [add_header] `add_header` in an `if` of a location";
    check(&[
        ("location /a {\n  if ($x) { add_header A b; } }", &[found]),
        (
            "location /a {\n  if ($x) { rewrite ^ /b break; } }",
            &["2:13 warning if_in_location [rewrite] `rewrite` in an `if` of a location"],
        ),
        ("location /a { if ($x) { set $y 1; } if ($z) { return 403; } if ($y) { rewrite ^ /b last; } }", &[]),
        ("if ($x) { access_log off; }", &[]),
    ]);
}

#[test]
fn a_location_is_given_once() {
    let found = |column: usize, path: &str, first: &str| {
        format!(
            "2:{column} error duplicate_location [{path}] the location `{path}` is there already (first {first})"
        )
    };
    check(&[
        ("location /a { }\nlocation /a { }", &[&found(10, "/a", "1:10")]),
        (
            "location = /a { }\nlocation =/a { }",
            &["2:10 error duplicate_location [=/a] the location `= /a` is there already (first 1:12)"],
        ),
        (
            "location ^~ /a/ { }\nlocation \"/a/\" { }",
            &["2:10 error duplicate_location [\"/a/\"] the location `/a/` is there already (first 1:13)"],
        ),
        ("location / {\nlocation /a { } location /a { } }", &[&found(26, "/a", "2:10")]),
        ("location /a { }\nlocation = /a { }\nlocation /a/ { }\nlocation @a { }\nlocation @a { }", &[]),
    ]);
}

#[test]
fn an_alias_ends_with_a_slash_where_its_location_does() {
    let found = "1:10 error alias_traversal [/i] `/i../` leads out of `/srv/i/` (alias 1:21)";
    check(&[
        ("location /i { alias /srv/i/; }", &[found]),
        ("location /i/ { alias /srv/i/; }\nlocation /j { alias /srv/j; }", &[]),
        ("location = /i { alias /srv/i/; }\nlocation ~ ^/j/(.*) { alias /srv/j/; }", &[]),
    ]);
}

#[test]
fn a_location_that_another_one_always_answers_for_is_told() {
    let found = |place: &str, path: &str, underlined: &str, before: &str| {
        format!(
            "{place} warning unreachable_location [{underlined}] no request ever reaches the location `{path}` (other {before})"
        )
    };
    check(&[
        (
            "set $a 1;\nreturn 301 /b;\nlocation /a { }",
            &[
                "2:1 warning unreachable_location [return] no location of this server is ever reached (location 3:10)",
            ],
        ),
        (
            "location ^~ /s/ { }\nlocation ~ ^/s/.*\\.css$ { }",
            &[&found("2:12", "~ ^/s/.*\\.css$", "^/s/.*\\.css$", "1:13")],
        ),
        ("location ~ ^/a$ { }\nlocation = /a { }", &[&found("1:12", "~ ^/a$", "^/a$", "2:12")]),
        (
            "location ~* \\.css$ { }\nlocation ~ \\.css$ { }",
            &[&found("2:12", "~ \\.css$", "\\.css$", "1:13")],
        ),
        (
            "location ~ ^/a { }\nlocation ~ ^/ab(c|d) { }",
            &[&found("2:12", "~ ^/ab(c|d)", "^/ab(c|d)", "1:12")],
        ),
        ("location / { }\nlocation ~ .* { }", &[&found("1:10", "/", "/", "2:12")]),
        ("location /a/b { }\nlocation ~* ^/A/ { }", &[&found("1:10", "/a/b", "/a/b", "2:13")]),
        (
            "location ^~ /s/ { }\nlocation /s/t/ { }\nlocation ~ ^/s/.*\\.css$ { }\nlocation ~* ^/S/ { }",
            &[&found("2:10", "/s/t/", "/s/t/", "4:13")],
        ),
    ]);
    for reached in [
        "return 301 /b;",
        "if ($a) { break; }\nreturn 301 /b;\nlocation /a { }",
        "return 404;\nlocation @a { }",
        "location ^~ /s/ { }\nlocation /s/t/ { }\nlocation ~ ^/s/.*\\.css$ { }",
        "location ^~ /s/ { }\nlocation ~ ^/s/|^/t/ { }\nlocation ~ /s/ { }\nlocation ~* ^/s/ { }",
        "location ~ ^/ab { }\nlocation ~ ^/a { }\nlocation ~* ^/ab { }",
        "location ~ ^/a?b { }\nlocation ~ ^/ab { }\nlocation ~ ^/a+b { }",
        "location = /a { }\nlocation ~ ^/a { }\nlocation / { return 404; }\nlocation /b { }",
        "location /a { location /a/b { } }\nlocation ~ ^/a { }",
        "location ^~ /a { }\nlocation ~ .* { }",
    ] {
        assert_eq!(said(reached), Vec::<String>::new(), "{reached}");
    }
}

#[test]
fn nothing_stands_behind_the_name_of_a_proxy_pass() {
    let found = |place: &str, level: &str, underlined: &str, uri: &str| {
        format!("{place} {level} proxy_pass_uri [{underlined}] `proxy_pass` has a path, `{uri}`")
    };
    check(&[
        ("location /a/ {\n  proxy_pass http://up/; }", &[&found("2:14", "warning", "http://up/", "/")]),
        ("location ~ ^/a {\n  proxy_pass http://up/b; }", &[&found("2:14", "error", "http://up/b", "/b")]),
        ("location @a {\n  proxy_pass http://up/; }", &[&found("2:14", "error", "http://up/", "/")]),
        (
            "location = /a { limit_except GET {\n  proxy_pass http://up/; } }",
            &[&found("2:14", "error", "http://up/", "/")],
        ),
        (
            "location ~ ^/(.*) {\n  proxy_pass http://up/$1; }",
            &[&found("2:14", "warning", "http://up/$1", "/$1")],
        ),
        (
            "location /a {\n  proxy_pass http://up$uri; }",
            &[&found("2:14", "warning", "http://up$uri", "$uri")],
        ),
        (
            "location /a {\n  proxy_pass http://unix:/a.sock:/b; }\nlisten unix:/a.sock;",
            &[&found("2:14", "warning", "http://unix:/a.sock:/b", "/b")],
        ),
        ("location /a { proxy_pass http://up; }\nlocation = /b { proxy_pass http://up/c; }", &[]),
        ("location /a { proxy_pass http://up$request_uri; }\nlocation ~ b { proxy_pass http://$host; }", &[]),
    ]);
}

#[test]
fn a_proxy_pass_leads_to_an_upstream_that_there_is() {
    check(&[
        (
            "location /a { proxy_pass http://pu; }",
            &["1:26 error unknown_upstream [http://pu] unknown upstream `pu`"],
        ),
        (
            "location /a { proxy_pass http://up; }\nlocation /b { proxy_pass http://example.com; }\n\
             location /c { proxy_pass http://web:80; }\nlocation /d { proxy_pass http://$up; }\n\
             upstream here { }\nlocation /e { proxy_pass https://here; }",
            &[],
        ),
    ]);
}

#[test]
fn somebody_listens_where_a_proxy_pass_leads_to() {
    let found = |underlined: &str, place: &str| {
        format!("1:26 warning nobody_listens [{underlined}] nobody listens on `{place}`")
    };
    check(&[
        (
            "location /a { proxy_pass http://127.0.0.1:5001; }",
            &[&found("http://127.0.0.1:5001", "127.0.0.1:5001")],
        ),
        ("location /a { proxy_pass https://[::1]; }", &[&found("https://[::1]", "[::1]:443")]),
        ("location /a { proxy_pass http://unix:/x.sock; }", &[&found("http://unix:/x.sock", "unix:/x.sock")]),
        (
            "upstream a { server 127.0.0.1:5001 backup; }",
            &["1:21 warning nobody_listens [127.0.0.1:5001] nobody listens on `127.0.0.1:5001`"],
        ),
        (
            "location /a { proxy_pass http://localhost:5000; }\nlisten [::]:81;\nlocation /b { proxy_pass http://[::1]:81; }\n\
             location /c { proxy_pass http://10.0.0.1:5001; }\nupstream b { server 127.0.0.1:5000; }",
            &[],
        ),
    ]);
}

#[test]
fn a_location_keeps_the_headers_it_inherits() {
    check(&[
        (
            "add_header A 1;\nadd_header B 1 always;\nlocation / {\n  add_header C 1;\n  add_header b 2; }",
            &[
                "4:3 warning add_header_inheritance [add_header] `add_header` takes inherited headers away: A (lost 1:1)",
            ],
        ),
        (
            "proxy_set_header Host $host;\nlocation /a {\n  location /a/b { proxy_set_header X 1; } }",
            &[
                "3:19 warning proxy_set_header_inheritance [proxy_set_header] `proxy_set_header` takes inherited headers away: Host (lost 1:1)",
            ],
        ),
        ("add_header A 1;\nlocation / { add_header a 2; }\nlocation /b { }", &[]),
        ("location / { add_header A 1; }", &[]),
        ("add_header A 1;\nlocation / { add_header B 2; add_header_inherit merge; }", &[]),
    ]);
}

#[test]
fn a_comment_says_that_something_is_meant() {
    let line = "proxy_pass http://up/;";
    for (before, behind, found) in [
        ("# deployer: allow proxy_pass_uri", "", 0),
        ("", "# deployer: allow nobody_listens, proxy_pass_uri", 0),
        ("# deployer: allow nobody_listens", "", 1),
        ("# deployer: allow proxy_pass_uri\n", "", 1),
        ("set $a 1; # deployer: allow proxy_pass_uri", "", 1),
    ] {
        let lines = format!("location / {{\n{before}\n{line} {behind}\n}}");
        assert_eq!(said(&lines).len(), found, "{lines}");
    }
    let unknown = "1:1 warning  [# deployer: allow proxy_pass_url] unknown rule `proxy_pass_url`";
    check(&[("# deployer: allow proxy_pass_url", &[unknown])]);
}

#[test]
fn lines_of_a_table_are_no_directives() {
    check(&[("types {\n  text/html html\n  root;\n}\nmap $a $b {\n  location x\n  if;\n}", &[])]);
}

#[test]
fn the_manual_names_every_rule() {
    let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let missing: Vec<&str> =
        RULES.iter().map(|(name, _)| *name).filter(|name| !manual.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
