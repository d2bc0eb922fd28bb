//! Jobs of Upstart, read by a strict reader of our own: `init-checkconf` is in no archive of today, and does not see
//! all of this where it is installed. See <https://manpages.ubuntu.com/manpages/trusty/man5/init.5.html>.

use std::fs;
use std::process::Command;

use deployer::resource::guard::boot::UPSTART;

use super::{files, ran, render};

/// What a stanza takes.
#[derive(Clone, Copy)]
enum Takes {
    /// One word, or several in quotes.
    Text,
    /// Events with `and`, `or` and brackets.
    Events,
    /// Nothing.
    Nothing,
    /// So many words, each a whole number or `unlimited`.
    Numbers(usize),
    /// A name of this list.
    OneOf(&'static [&'static str]),
    /// Whatever a shell takes.
    Shell,
    /// The lines up to `end script`.
    Script,
}

/// Stanzas by their words; the longest that fits is meant.
const STANZAS: [(&str, Takes); 29] = [
    ("description", Takes::Text),
    ("author", Takes::Text),
    ("start on", Takes::Events),
    ("stop on", Takes::Events),
    ("task", Takes::Nothing),
    ("manual", Takes::Nothing),
    ("respawn", Takes::Nothing),
    ("respawn limit", Takes::Numbers(2)),
    ("normal exit", Takes::Text),
    ("kill timeout", Takes::Numbers(1)),
    ("kill signal", Takes::OneOf(&["TERM", "INT", "QUIT", "HUP"])),
    ("setuid", Takes::Text),
    ("setgid", Takes::Text),
    ("chdir", Takes::Text),
    ("umask", Takes::Numbers(1)),
    ("nice", Takes::Numbers(1)),
    ("limit nofile", Takes::Numbers(2)),
    ("limit core", Takes::Numbers(2)),
    ("console", Takes::OneOf(&["log", "none", "output", "owner"])),
    ("env", Takes::Text),
    ("export", Takes::Text),
    ("exec", Takes::Shell),
    ("script", Takes::Script),
    ("pre-start exec", Takes::Shell),
    ("pre-start script", Takes::Script),
    ("post-start exec", Takes::Shell),
    ("post-start script", Takes::Script),
    ("post-stop exec", Takes::Shell),
    ("post-stop script", Takes::Script),
];

/// Everything wrong with a job, each with the number of its line.
fn mistakes(job: &str) -> Vec<String> {
    let (mut said, mut seen) = (Vec::new(), Vec::new());
    let mut lines = job.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    while let Some((number, line)) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fits = |(name, _): &&(&str, Takes)| {
            line.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let Some((name, takes)) = STANZAS.iter().filter(fits).max_by_key(|(name, _)| name.len()) else {
            said.push(format!("{number}: unknown stanza: {line}"));
            continue;
        };
        if seen.contains(name) {
            said.push(format!("{number}: `{name}` a second time"));
        }
        seen.push(name);
        let rest = line[name.len()..].trim();
        let wrong = match takes {
            Takes::Script => {
                let body: Vec<&str> =
                    lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "end script").collect();
                let ended = number + body.len() < job.lines().count();
                if ended { shell(&body.join("\n")) } else { Some("a script without its end".into()) }
            }
            other => argument(*other, rest),
        };
        said.extend(wrong.map(|wrong| format!("{number}: `{name}`: {wrong}")));
    }
    said.extend(whole(&seen));
    said
}

/// What only the whole job shows.
fn whole(seen: &[&str]) -> Vec<String> {
    let has = |name: &str| seen.contains(&name);
    let rules = [
        (has("exec") != has("script"), "one of `exec` and `script` is the process"),
        (has("setuid") == has("setgid"), "without `setgid` the process keeps the group 0"),
        // A task ends by itself.
        (has("start on") && has("stop on") != has("task"), "it is not started and stopped with the host"),
        (!has("respawn") || has("respawn limit"), "a process that dies at once is started for ever"),
    ];
    rules.iter().filter(|(holds, _)| !holds).map(|(_, why)| why.to_string()).collect()
}

fn argument(takes: Takes, rest: &str) -> Option<String> {
    let number = |word: &str| word == "unlimited" || word.parse::<u64>().is_ok();
    let words = match words(rest) {
        Ok(words) => words,
        Err(wrong) => return Some(wrong),
    };
    let fits = match takes {
        Takes::Nothing => words.is_empty(),
        Takes::Text => words.len() == 1,
        Takes::Numbers(count) => words.len() == count && words.iter().all(|word| number(word)),
        Takes::OneOf(names) => words.len() == 1 && names.contains(&words[0].as_str()),
        Takes::Events => return events(rest),
        Takes::Shell if rest.is_empty() => false,
        Takes::Shell => return shell(rest),
        Takes::Script => true,
    };
    (!fits).then(|| format!("not for it: {rest}"))
}

/// The words of a line, their quotes taken off; a `#` outside of quotes would hide the rest of the line.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => word.get_or_insert_default().extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('#', None) => return Err("a `#` that hides the rest".into()),
            (' ' | '\t', None) => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err("a quote without its end".into()) } else { Ok(words) }
}

/// `runlevel [2345] and (started a or started b)`.
fn events(text: &str) -> Option<String> {
    let count = |c: char| text.matches(c).count();
    if count('(') != count(')') || count('[') != count(']') {
        return Some(format!("a bracket without its partner: {text}"));
    }
    let plain = text.replace(['(', ')'], " ");
    let operators: Vec<bool> = plain.split_whitespace().map(|word| word == "and" || word == "or").collect();
    let good = operators.first() == Some(&false)
        && operators.last() == Some(&false)
        && !operators.windows(2).any(|pair| pair == [true, true]);
    (!good).then(|| format!("no event: {text}"))
}

/// What a shell says of a script, parsed as Upstart runs it.
fn shell(script: &str) -> Option<String> {
    let (status, said) = ran(Command::new("sh").args(["-n", "-e", "-c", script]));
    (status != Some(0) || !said.is_empty()).then_some(said)
}

#[test]
fn the_reader_of_jobs_finds_every_mistake() {
    let good = "start on runlevel [2345]\nstop on runlevel [!2345]\nexec /bin/true\n";
    let with = |line: &str| mistakes(&format!("{good}{line}\n"));
    assert_eq!(mistakes(good), Vec::<String>::new());
    for (line, wanted) in [
        ("kill timeot 40", "4: unknown stanza: kill timeot 40"),
        ("kill timeout forty", "4: `kill timeout`: not for it: forty"),
        ("kill signal KILLL", "4: `kill signal`: not for it: KILLL"),
        ("limit nofile 65536", "4: `limit nofile`: not for it: 65536"),
        ("description two words", "4: `description`: not for it: two words"),
        ("description \"open", "4: `description`: a quote without its end"),
        ("chdir /srv/#1", "4: `chdir`: a `#` that hides the rest"),
        ("console syslog", "4: `console`: not for it: syslog"),
        ("respawn", "a process that dies at once is started for ever"),
        ("exec /bin/false", "4: `exec` a second time"),
        ("setuid hbnb", "without `setgid` the process keeps the group 0"),
        ("script\necho", "4: `script`: a script without its end"),
    ] {
        assert!(with(line).contains(&wanted.to_string()), "{line}: {:?}", with(line));
    }
    assert!(with("post-start script\nif true\nend script")[0].starts_with("4: `post-start script`: "));
    let open = mistakes("start on runlevel [2345\nstop on stopped x or\nexec /bin/true\n");
    let wanted = [
        "1: `start on`: a bracket without its partner: runlevel [2345",
        "2: `stop on`: no event: stopped x or",
    ];
    assert_eq!(open, wanted);
}

#[test]
fn every_job_is_one_that_upstart_reads() {
    let tree = render("ubuntu-14.04");
    let mut count = 0;
    for host in fs::read_dir(tree.path()).unwrap() {
        let host = host.unwrap().path();
        for (name, job) in files(&host.join("etc/init")) {
            assert_eq!(mistakes(&job), Vec::<String>::new(), "{}: {}", host.display(), name.display());
            count += 1;
        }
    }
    assert_eq!(count, 13);
}

#[test]
fn what_undoes_a_change_at_boot_is_a_job_that_upstart_reads() {
    assert_eq!(mistakes(UPSTART), Vec::<String>::new());
    let endless = UPSTART.replace("\ntask\n", "\n");
    assert_eq!(mistakes(&endless), ["it is not started and stopped with the host"]);
}

#[test]
fn init_checkconf_finds_nothing_where_it_is_installed() {
    let tree = render("ubuntu-14.04");
    for (name, _) in files(&tree.path().join("web-01/etc/init")) {
        let file = tree.path().join("web-01/etc/init").join(name);
        let Ok(ran) = Command::new("init-checkconf").arg(&file).output() else {
            eprintln!("init-checkconf is not installed here: only our own reader has read the jobs");
            return;
        };
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()));
    }
}

#[test]
fn a_server_is_not_killed_before_its_own_patience_ends() {
    for (release, before, path) in [
        ("ubuntu-14.04", "kill timeout ", "web-01/etc/init/hbnb-dynamic.conf"),
        ("debian-12", "TimeoutStopSec=", "web-01/etc/systemd/system/hbnb-dynamic.service"),
    ] {
        let text = std::fs::read_to_string(render(release).path().join(path)).unwrap();
        assert!(text.lines().any(|line| line == format!("{before}130")), "{release}:\n{text}");
    }
}
