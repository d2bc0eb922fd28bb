//! A real Chromium, driven through chromedriver: <https://www.w3.org/TR/webdriver2/>.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::elsewhere::Elsewhere;
use super::server::wait_for;

/// Keys that are no letters: <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
pub const TAB: char = '\u{E004}';
/// Follows a link, presses a button.
pub const ENTER: char = '\u{E007}';
/// Closes what is open.
pub const ESCAPE: char = '\u{E00C}';

/// Screens that pages must fit: width and height.
pub const DESK: (u32, u32) = (1280, 900);
/// A phone held upright.
pub const PHONE: (u32, u32) = (390, 844);

/// What Chromium needs where tests run: no screen, perhaps root, perhaps a small /dev/shm.
const FLAGS: [&str; 5] =
    ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"];
/// No single command takes longer.
const COMMAND: Duration = Duration::from_secs(60);
/// No script takes longer; less than [`COMMAND`], so that it is the browser that complains.
const SCRIPT: Duration = Duration::from_secs(55);

/// A window; it and the browser are gone when dropped. Whatever stands in its console then, and nobody looked at, is a
/// failure.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
}

impl Browser {
    /// A window of this size.
    pub fn start(size: (u32, u32)) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver (Debian: chromium-driver) can be started");
        let mut words = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = words.find_map(|line| {
            Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_string())
        });
        // It goes on talking; a full pipe would stop it.
        thread::spawn(move || words.count());
        let config = ureq::Agent::config_builder();
        let agent = config.timeout_global(Some(COMMAND)).http_status_as_error(false).build().into();
        let session = format!("http://127.0.0.1:{}/session", port.expect("chromedriver names its port"));
        let mut browser = Self { driver, agent, session };
        let wished = json!({
            "goog:chromeOptions": {"args": FLAGS},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": SCRIPT.as_millis()},
        });
        let opened = browser.post("", json!({"capabilities": {"alwaysMatch": wished}}));
        browser.session = format!("{}/{}", browser.session, opened["sessionId"].as_str().unwrap());
        browser.resize(size);
        browser
    }

    /// Makes the window this large; pages see a phone where it is small.
    pub fn resize(&self, (width, height): (u32, u32)) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}),
        );
    }

    /// From now on no page's script runs.
    pub fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// From now on nothing is had from addresses like this one; `*` stands for anything.
    pub fn without(&self, address: &str) {
        self.devtools("Network.enable", json!({}));
        self.devtools("Network.setBlockedURLs", json!({"urls": [address]}));
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.post("/url", json!({"url": url}));
    }

    /// What the body of a function returns, in the page.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []}))
    }

    /// What the body of a function gives to its first argument, a function, in the page.
    pub fn run_async(&self, script: &str) -> Value {
        self.post("/execute/async", json!({"script": script, "args": []}))
    }

    /// The texts of all elements, hidden ones included, blanks squeezed.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let found = self.run(&format!(
            "return [...document.querySelectorAll({css:?})].map(e => e.textContent.replace(/\\s+/g, ' ').trim())"
        ));
        serde_json::from_value(found).unwrap()
    }

    /// The text of the first element, or nothing.
    pub fn text(&self, css: &str) -> String {
        self.texts(css).into_iter().next().unwrap_or_default()
    }

    /// Waits until the first element's text is this one.
    pub fn says(&self, css: &str, text: &str) {
        wait_for(&format!("`{text}` in `{css}`"), || (self.text(css) == text).then_some(()));
    }

    /// Clicks in the middle of the first element, as a mouse does: what covers it is clicked instead, and that is an error.
    pub fn click(&self, css: &str) {
        let element = self.post("/element", json!({"using": "css selector", "value": css}));
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_string();
        self.post(&format!("/element/{id}/click"), json!({}));
    }

    /// Chooses a file for the first element.
    pub fn attach(&self, css: &str, file: &Path) {
        let element = self.post("/element", json!({"using": "css selector", "value": css}));
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_string();
        self.post(&format!("/element/{id}/value"), json!({"text": file.to_str().unwrap()}));
    }

    /// Presses a key and lets it go.
    pub fn press(&self, key: char) {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]}));
    }

    /// Writes what is to be seen to `target/screenshots/NAME.png`; of a site elsewhere, to a folder in it.
    pub fn screenshot(&self, name: &str) {
        let folder = if Elsewhere::named().is_some() { "screenshots/elsewhere" } else { "screenshots" };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(folder);
        let picture = BASE64_STANDARD.decode(self.get("/screenshot").as_str().unwrap()).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// What stands in the console since the last look, but what the browser merely advises.
    pub fn console(&self) -> Vec<String> {
        let lines = self.post("/se/log", json!({"type": "browser"}));
        let lines = lines.as_array().unwrap().iter().filter(|line| line["level"] != "DEBUG");
        lines.map(|line| line["message"].to_string()).collect()
    }

    /// Panics unless the console has one line for each of these, which it contains: what the browser itself says of an answer
    /// that is an error, such as `404`.
    pub fn console_tells(&self, errors: &[&str]) {
        let said = self.console();
        let tells = said.len() == errors.len() && said.iter().zip(errors).all(|(s, e)| s.contains(e));
        assert!(tells, "{said:?} instead of {errors:?}");
    }

    fn devtools(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters}));
    }

    fn get(&self, path: &str) -> Value {
        value(path, self.agent.get(format!("{}{path}", self.session)).call())
    }

    fn post(&self, path: &str, body: Value) -> Value {
        value(path, self.agent.post(format!("{}{path}", self.session)).send(body.to_string()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let said = if thread::panicking() { Vec::new() } else { self.console() };
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        assert_eq!(said, Vec::<String>::new(), "the console");
    }
}

fn value(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = answer.unwrap_or_else(|cause| panic!("chromedriver: {path}: {cause}"));
    let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
    assert_eq!(answer.status(), 200, "chromedriver: {path}: {text}");
    serde_json::from_str::<Value>(&text).unwrap()["value"].take()
}
