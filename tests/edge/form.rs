//! The forms of requests that the matrix asks.

/// A request without its method and body.
pub struct Form {
    /// The target as sent.
    pub target: String,
    /// What the header `Host` says.
    pub host: String,
    /// The status by which Nginx refuses it and nobody else is asked; it cannot be told to let these through.
    pub refused: Option<u16>,
}

/// The name that sites under test are asked by.
pub const NAME: &str = "shop.example";

/// Targets around the mount itself: `{m}`, in capitals `{M}`, partly encoded `{e}`; a page of the application is `{p}`, the
/// host with its port `{h}`.
const AROUND: &[&str] = &[
    "{m}",
    "{m}/",
    "{m}?q=1&r=%20x",
    "{m}/?q=1&r=%20x",
    "{m}?",
    "{m}/?",
    "{m}??a=b?c",
    "/{m}",
    "/{m}/",
    "{m}//",
    "{m}///?a",
    "{m}/.",
    "{m}/./",
    "{m}/%2e",
    "{m}/x/..",
    "{m}/x/../",
    "{m}%2F",
    "{m}%2F?a=%2F",
    "{m}%2f{p}",
    "{m}%252F",
    "{m}%20",
    "{m}+",
    "{m}.",
    "{m};x=1",
    "{m}foo",
    "{m}foo/",
    "{m}foo{p}",
    "{M}",
    "{M}/",
    "{M}{p}?x=1",
    "{e}",
    "{e}/",
    "{e}{p}?x=1",
    "/x{m}{p}",
    "/x/..{m}",
    "/x/..{m}/",
    "/x/../{m}{p}",
    "/.{m}/",
    "{m}#top",
    "{m}/#top",
    "http://{h}{m}",
    "http://{h}{m}/",
    "http://{h}{m}?a=b",
    "HTTP://{h}{m}{p}?a=b",
    "http://{h}",
    "http://{h}/",
    "*",
    "{m}/no-such-page",
    "/no-such-place/",
    "/",
    "/?a",
];

/// Targets behind a page.
const BEHIND: [&str; 10] = ["", "/", "//", "?q=1&r=%20x", "/?q=%2F&q=+", "//?", "/.", "/..", "%2F", "/x//y"];

/// Targets with letters and dots of all kinds below a page that takes a word.
const BELOW: &[&str] = &[
    "a+b",
    "a%2Bb",
    "a%20b",
    "x%2Fy",
    "x%252Fy",
    "a%25",
    "a%3Fb",
    "a%23b",
    "a:b@c",
    "a;b,c=d",
    "a~b!c'd(e)*",
    "a&b=c",
    "caf%C3%A9",
    "caf%c3%a9?%C3%A9",
    "café",
    "café?é",
    "%ff%fe",
    "%0d%0a",
    "%7f",
    "a\"<b>\\^`{|}",
    ".",
    "..",
    "...",
    "./x",
    "../b",
    "..%2fb",
    "%2e%2e/b",
    "x/../../b",
    "..;/b",
    "a?b?c#d",
    "a b",
    "a\tb",
];

/// Targets that Nginx refuses by itself, with 400: bytes that it takes for no address, and `..` past the root.
const REFUSED: &[&str] = &[
    "{m}/s/%00",
    "{m}/s/a%00b",
    "{m}/s/%zz",
    "{m}/s/%",
    "{m}/s/%4",
    "{m}/s/a%2",
    "/..",
    "/../",
    "/..{m}/",
    "/%2e%2e{m}/",
    "{m}/../../..",
    "{m}/x/../../../../{p}",
];

/// Names that are none behind their `:`, which an application could take for another host.
const BROKEN: &[&str] = &["shop.example:x", "shop.example:80@foreign.example"];
/// Names by which a client may call the site.
const HOSTS: &[&str] = &[
    "{h}",
    "Shop.EXAMPLE",
    "Shop.EXAMPLE:{port}",
    "shop.example:9999",
    "shop.example.",
    "shop.example.:{port}",
    "shop.example:",
    "foreign.example",
    "foreign.example:81",
    "127.0.0.1:{port}",
    "[::1]:{port}",
    "[::1]",
    "deployer_app",
    "localhost",
];

/// What forms are made for.
pub struct Subject<'a> {
    /// Where the application is, without a final slash; empty for the root.
    pub mount: &'a str,
    /// Its pages below that; the first one is there for everybody who asks.
    pub pages: &'a [&'a str],
    /// The page that takes a word; with a final slash.
    pub words: &'a str,
    /// The port, and whether it is the scheme's own.
    pub port: (u16, bool),
}

impl Subject<'_> {
    /// The host as a client writes it.
    fn host(&self) -> String {
        if self.port.1 { NAME.into() } else { format!("{NAME}:{}", self.port.0) }
    }

    fn filled(&self, text: &str) -> String {
        let encoded = match self.mount.chars().nth(1) {
            Some(letter) => format!("/%{:02x}{}", letter as u32, &self.mount[2..]),
            None => String::new(),
        };
        let text = text.replace("{M}", &self.mount.to_uppercase()).replace("{e}", &encoded);
        let text = text.replace("{m}", self.mount).replace("{p}", self.pages[0]);
        let text = text.replace("{h}", &self.host()).replace("{port}", &self.port.0.to_string());
        // The root has no path of its own.
        if text.is_empty() || text.starts_with('?') || text.starts_with('#') {
            format!("/{text}")
        } else {
            text
        }
    }

    fn form(&self, target: &str, host: &str, refused: Option<u16>) -> Form {
        Form { target: self.filled(target), host: self.filled(host), refused }
    }

    /// Targets around the mount and behind one page, each once, and those that Nginx refuses.
    pub fn around(&self) -> Vec<Form> {
        let behind = BEHIND.iter().map(|behind| ["{m}{p}", behind].concat());
        let mut forms = self.each(AROUND.iter().map(|target| target.to_string()).chain(behind));
        forms.extend(REFUSED.iter().map(|target| self.form(target, "{h}", Some(400))));
        forms.sort_by(|one, other| one.target.cmp(&other.target));
        forms.dedup_by(|one, other| one.target == other.target);
        forms
    }

    /// Targets behind the other pages, and below the one that takes a word.
    pub fn below(&self) -> Vec<Form> {
        let pages = self.pages[1..].iter().flat_map(|page| BEHIND.map(|behind| [page, behind].concat()));
        let words = BELOW.iter().map(|word| [self.words, word].concat());
        self.each(pages.chain(words).map(|path| ["{m}", &path].concat()))
    }

    fn each(&self, targets: impl Iterator<Item = String>) -> Vec<Form> {
        targets.map(|target| self.form(&target, "{h}", None)).collect()
    }

    /// Some targets under every name. Nginx hardly reads what follows a name, and with a whole URL not even that.
    pub fn named(&self) -> Vec<Form> {
        let targets =
            ["{m}", "{m}/", "{m}{p}", "{m}{p}/?x", "http://foreign.example:82{m}", "http://{h}{m}/"];
        let hosts = HOSTS.iter().flat_map(|host| targets.map(|target| self.form(target, host, None)));
        let broken = BROKEN.iter().map(|host| self.form("{m}{p}", host, Some(400)));
        hosts.chain(broken).collect()
    }
}
