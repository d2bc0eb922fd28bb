//! What a person's YAML becomes, and what is said about it when it is broken.

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::base::source::Source;

fn read(text: &str) -> Node {
    parse(&Source::new("t.yml", text)).unwrap()
}

fn broken(text: &str) -> String {
    parse(&Source::new("t.yml", text)).unwrap_err().to_string()
}

#[test]
fn a_file_becomes_the_tree_it_shows() {
    for (text, wanted) in [
        ("", json!(null)),
        ("# nothing\n", json!(null)),
        ("a: 1\nb: [x, 'yes', yes, 1.5, ~]\n", json!({"a": 1, "b": ["x", "yes", true, 1.5, null]})),
        ("web[01:50]: ~\n01: x\non: y\n", json!({"web[01:50]": null, "01": "x", "on": "y"})),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", json!({"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}})),
        ("a: &x {k: 1}\nb: {<<: [*x, {k: 2, m: 4}]}\n", json!({"a": {"k": 1}, "b": {"k": 1, "m": 4}})),
        ("a: &x 5\nb: *x\n", json!({"a": 5, "b": 5})),
        ("t: |\n  one\n  two\n", json!({"t": "one\ntwo\n"})),
        ("p: !env SECRET\nq: !!str 5\nm: 0644\n", json!({"p": "********", "q": "5", "m": "0644"})),
    ] {
        assert_eq!(read(text).to_json(), wanted, "{text}");
    }
}

#[test]
fn every_value_knows_its_line_column_and_length() {
    let node = read("été: {a: [1, two]}\nb:\n  c: yes\n  d: 'x y'\n");
    let place = |n: &Node| (n.span.line, n.span.column, n.span.length);
    let flow = node.get("été").unwrap();
    assert_eq!(place(flow), (1, 6, 13));
    assert_eq!(place(&flow.get("a").unwrap().items()[1]), (1, 14, 3));
    assert_eq!(place(node.get("b").unwrap()), (3, 3, 1));
    assert_eq!(place(node.get("b").unwrap().get("d").unwrap()), (4, 6, 5));
    assert_eq!(node.entries()[1].0.span.line, 2);
}

#[test]
fn broken_yaml_is_explained_at_its_place() {
    for (text, wanted) in [
        (
            "a: 1\n b: 2\n",
            "error: broken YAML\n --> t.yml:2:3\n  |\n2 |  b: 2\n  |   ^ this line stands under a value that is already complete\n  = fix: indent it like the key it belongs beside",
        ),
        (
            "a:\n  b: 1\n\tc: 2\n",
            "error: a tab in the indentation\n --> t.yml:3:1\n  |\n3 | \tc: 2\n  | ^ YAML is indented with spaces only\n  = fix: replace the tab by spaces",
        ),
        (
            "a:\n\tb: 1\n",
            "error: a tab in the indentation\n --> t.yml:2:1\n  |\n2 | \tb: 1\n  | ^ YAML is indented with spaces only\n  = fix: replace the tab by spaces",
        ),
        (
            "a: [1, 2\nb: 3\n",
            "error: broken YAML\n --> t.yml:2:2\n  |\n2 | b: 3\n  |  ^ a `[` or `{` above is still open here\n  = fix: add the missing `]` or `}` above",
        ),
        (
            "a: 1\nb: 2\na: 3\n",
            "error: `a` stands twice in one map\n --> t.yml:3:1\n  |\n3 | a: 3\n  | ^ the second one\n  = first: t.yml:1:1: a: 1\n  = fix: take one of the two away",
        ),
        (
            "p: !evn X\n",
            "error: unknown tag `!evn`\n --> t.yml:1:4\n  |\n1 | p: !evn X\n  |    ^^^^ known tags: !env, !file, !command\n  = fix: did you mean `!env`?",
        ),
    ] {
        assert_eq!(broken(text), wanted, "{text}");
    }
}

#[test]
fn every_broken_text_has_a_place_and_a_fix() {
    for text in [
        "a:\n  b: 1\n\tc: 2\n",
        "a: b: c\n",
        "a: {b: 1\n",
        "a: 'x\n",
        "a: \"\\q\"\n",
        "a: 'x' y\n",
        "a: @x\n",
        "a: %x\n",
        "a: *nope\n",
        "a: 1\n b: 2\n",
        "a:\n  - 1\n b\n",
        "a: 1\nfoo\n",
        "]\n",
        "a: {{ name }}\n",
        "a: &x [*x]\n",
        "a: {<<: 5}\n",
        "a: 1\n---\nb: 2\n",
        "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6638\n",
        ": 5\n",
    ] {
        let said = broken(text);
        assert!(said.contains("--> t.yml:") && said.contains("= fix: "), "{text}\n{said}");
    }
}

#[test]
fn aliases_of_aliases_do_not_eat_the_memory() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let list = vec![format!("*a{}", n - 1); 10].join(", ");
        text.push_str(&format!("a{n}: &a{n} [{list}]\n"));
    }
    assert!(broken(&text).starts_with("error: more than"));
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Place {
    name: String,
    port: u16,
    #[serde(default)]
    quiet: bool,
    #[serde(default)]
    env: Entries<String>,
    kind: Option<Kind>,
    extra: Option<Node>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Either,
    Redirect,
}

#[test]
fn values_become_the_type_that_is_wanted() {
    let node =
        read("name: 1.10\nport: \"2222\"\nquiet: 'yes'\nenv: {B: on, A: 0644}\nkind: either\nextra: 5\n");
    let place: Place = node.decode().unwrap();
    let env: Vec<_> = place.env.0.iter().map(|(k, v)| (k.as_str(), k.span.column, v.as_str())).collect();
    assert_eq!((place.name.as_str(), place.port, place.quiet), ("1.10", 2222, true));
    assert_eq!(env, [("B", 7, "on"), ("A", 14, "0644")]);
    assert_eq!(place.kind, Some(Kind::Either));
    assert_eq!(place.extra.as_ref(), node.get("extra"));
}

#[test]
fn a_wrong_type_or_key_is_shown_where_it_stands() {
    for (text, wanted) in [
        (
            "name: x\nprt: 1\n",
            "error: unknown key `prt`\n --> t.yml:2:1\n  |\n2 | prt: 1\n  | ^^^ known keys: name, port, quiet, env, kind, extra\n  = fix: did you mean `port`?",
        ),
        (
            "name: x\nport: 70000\n",
            "error: `port`: expected a whole number from 0 to 65535, found `70000`\n --> t.yml:2:7\n  |\n2 | port: 70000\n  |       ^^^^^",
        ),
        (
            "name: [x]\n",
            "error: `name`: expected a text, found a list\n --> t.yml:1:7\n  |\n1 | name: [x]\n  |       ^^^",
        ),
        (
            "name: x\nport: 1\nquiet: maybe\n",
            "error: `quiet`: expected `true` or `false`, found the text `maybe`\n --> t.yml:3:8\n  |\n3 | quiet: maybe\n  |        ^^^^^",
        ),
        (
            "name: x\nport: 1\nkind: redirct\n",
            "error: `kind`: unknown value `redirct`\n --> t.yml:3:7\n  |\n3 | kind: redirct\n  |       ^^^^^^^ known values: either, redirect\n  = fix: did you mean `redirect`?",
        ),
        (
            "name: x\n",
            "error: the key `port` is missing\n --> t.yml:1:1\n  |\n1 | name: x\n  | ^\n  = fix: add `port: …`",
        ),
    ] {
        assert_eq!(read(text).decode::<Place>().unwrap_err().to_string(), wanted, "{text}");
    }
}

#[test]
fn a_missing_key_is_told_at_the_key_that_holds_the_map() {
    let said = read("web:\n  name: x\n").decode::<Entries<Place>>().unwrap_err().to_string();
    let wanted = "error: `web`: the key `port` is missing\n --> t.yml:1:1\n  |\n1 | web:\n  | ^^^\n  = fix: add `port: …`";
    assert_eq!(said, wanted);
}
