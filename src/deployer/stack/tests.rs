//! What a host's variables become.

use super::*;
use crate::base::secret::Text;
use crate::deployer::inventory::Inventory;

fn inventory(vars: &str) -> Inventory {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("all:\n  hosts: {{ web-01: }}\n  vars:\n    {}\n", vars.replace('\n', "\n    "));
    std::fs::write(file.path(), text).unwrap();
    Inventory::load(file.path(), &[]).unwrap()
}

/// Options as no server takes them.
fn as_typed(given: &[(Spanned<String>, Node)]) -> Result<Vec<String>, Vec<Diagnostic>> {
    Ok(given
        .iter()
        .map(|(name, value)| format!("{}={}", name.value, value.text().unwrap_or_default()))
        .collect())
}

#[test]
fn an_app_is_read_with_its_defaults() {
    let inventory = inventory(
        "apps:\n  web:\n    run: '@hbnb/web'\n  api:\n    run: '@hbnb/api'\n    bind: '[::1]:5002'\n    workers: '5'\n    env: { B: on, A: !env X }\n    settings: { timeout: 30 }\n    routes: [{ path: /api/, slashes: exact }, { path: /v }]\n    static: { /static/: web_static }\n    health: /api/v1/status",
    );
    let stack = Stack::of(&inventory.hosts[0], as_typed).unwrap();
    let [web, api] = &stack.apps[..] else { panic!("two apps") };
    assert_eq!((&web.run, &web.bind, web.workers, web.name.as_str()), (&Run::Web, &Bind::Own, 3, "web"));
    assert_eq!((web.run.name(), api.run.name()), ("@hbnb/web", "@hbnb/api"));
    assert_eq!((&api.bind, api.workers), (&Bind::Tcp { host: "::1".into(), port: 5002 }, 5));
    assert_eq!(api.env[0], ("B".into(), Text::Plain("on".into())));
    assert!(matches!(&api.env[1], (name, Text::Secret(_)) if name == "A"));
    assert_eq!(api.settings.typed, [("timeout".into(), "30".into())]);
    assert_eq!(api.settings.options, ["timeout=30"]);
    let routes: Vec<_> = api.routes.iter().map(|r| (r.path.as_str(), r.slashes)).collect();
    assert_eq!(routes, [("/api/", Slashes::Exact), ("/v", Slashes::Either)]);
    assert_eq!((api.statics[0].0.as_str(), api.statics[0].1.as_str()), ("/static/", "web_static"));
    assert_eq!(api.health.as_deref().map(String::as_str), Some("/api/v1/status"));
}

#[test]
fn no_name_can_be_one_that_is_made_here() {
    for (name, meant) in [("shop__hosts", "shop_hosts"), ("a-b--c", "a-b-c"), ("a-_b", "a-b")] {
        let vars = format!("apps:\n  {name}:\n    run: '@hbnb/web'\nsites:\n  {name}: {{}}");
        let said = Stack::of(&inventory(&vars).hosts[0], as_typed).unwrap_err();
        let said: Vec<_> = said.into_iter().map(|one| (one.message, one.fix)).collect();
        let wanted = ["an app", "a site"]
            .map(|what| (format!("`{name}` cannot be the name of {what}"), Some(format!("write `{meant}`"))));
        assert_eq!(said, wanted);
    }
}

#[test]
fn a_site_and_its_probes_are_read_with_their_defaults() {
    let inventory = inventory(
        "site:\n  server_name: example.com\n  headers: { X-A: 'say \"hi\" for 5%' }\n  redirects: { /redirect_me: 'https://example.org/?a=%20b' }\n  error_pages: { 404: 'nothing here', 500: /sorry }\nprobes:\n  - { name: home, get: / }\n  - { name: old, get: /redirect_me, host: example.com, expect: { status: 301, body: x, header: { Location: y } } }",
    );
    let stack = Stack::of(&inventory.hosts[0], as_typed).unwrap();
    assert_eq!(stack.sites[0].server_name, ["example.com"]);
    assert_eq!((stack.sites[0].listen, stack.sites[0].headers.len()), (80, 1));
    assert_eq!(stack.sites[0].redirects[0].target, "https://example.org/?a=%20b");
    let pages = [
        ErrorPage { statuses: vec![404], page: Page::Text("nothing here".into()) },
        ErrorPage { statuses: vec![500], page: Page::Path("/sorry".into()) },
    ];
    assert_eq!(stack.sites[0].error_pages, pages);
    assert_eq!(stack.probes[0].expect, Expect { status: 200, body: None, headers: Vec::new() });
    let expect =
        Expect { status: 301, body: Some("x".into()), headers: vec![("Location".into(), "y".into())] };
    assert_eq!((stack.probes[1].host.as_deref(), &stack.probes[1].expect), (Some("example.com"), &expect));
}

#[test]
fn a_host_without_apps_has_nothing_to_run() {
    let stack = Stack::of(&inventory("free: 1").hosts[0], as_typed).unwrap();
    assert_eq!(stack, Stack::default());
    assert_eq!(stack.sites[0].listen, 80);
}

#[test]
fn a_route_without_a_probe_is_a_warning_and_the_longest_route_answers_a_probe() {
    let inventory = inventory(
        "apps:\n  all:\n    run: '@hbnb'\n    routes: [{ path: / }, { path: /api/ }, { path: /airbnb/ }]\nprobes:\n  - { name: status, get: '/api/v1/status?x=/' }\n  - { name: page, get: /airbnbs }",
    );
    let stack = Stack::of(&inventory.hosts[0], as_typed).unwrap();
    let said: Vec<&str> = stack.warnings.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(said, ["no probe covers the route `/airbnb/`"]);
}

#[test]
fn the_health_of_an_app_is_a_probe_unless_one_asks_for_it_already() {
    let apps =
        "apps:\n  api:\n    run: '@hbnb/api'\n    routes: [{ path: /api/ }]\n    health: /api/v1/status";
    let probed = |more: &str| -> Vec<Probe> {
        let host = &inventory(&format!("{apps}{more}")).hosts[0];
        let stack = Stack::of(host, as_typed).unwrap();
        assert_eq!(stack.warnings, []);
        stack.probes
    };
    let [health] = &probed("")[..] else { panic!("one probe") };
    assert_eq!((health.name.as_str(), health.get.as_str()), ("health of api", "/api/v1/status"));
    let wanted = Expect { status: 200, body: None, headers: Vec::new() };
    assert_eq!((health.host.as_deref(), &health.expect), (None, &wanted));
    let names = |probes: Vec<Probe>| probes.into_iter().map(|p| p.name.value).collect::<Vec<_>>();
    assert_eq!(names(probed("\nprobes: [{ name: status, get: /api/v1/status }]")), ["status"]);
    let other = "\nprobes: [{ name: states, get: /api/v1/states }]";
    assert_eq!(names(probed(other)), ["states", "health of api"]);
}

#[test]
fn a_route_answers_what_lies_below_it_and_the_other_form_unless_it_is_exact() {
    let answered = |slashes: &str| {
        let inventory = inventory(&format!(
            "apps:\n  api:\n    run: '@hbnb/api'\n    routes: [{{ path: /v1, slashes: {slashes} }}, {{ path: /api/, slashes: {slashes} }}]"
        ));
        let stack = Stack::of(&inventory.hosts[0], as_typed).unwrap();
        let asked = ["/v1", "/v1/", "/v1/x", "/v1x", "/api", "/api/", "/api/x", "/apis", "/"];
        let answers =
            |path: &&str| stack.apps[0].routes.iter().any(|route| route.claims(path) && route.answers(path));
        asked.into_iter().filter(answers).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(answered("either"), "/v1 /v1/ /v1/x /api /api/ /api/x");
    assert_eq!(answered("redirect"), "/v1 /v1/ /v1/x /api /api/ /api/x");
    assert_eq!(answered("exact"), "/v1 /v1/x /api/ /api/x");
}

#[test]
fn a_python_application_is_read_with_its_defaults() {
    let inventory = inventory(
        "apps:\n  web:\n    run: shop.wsgi:create_app()\n    source: code\n    requirements: requirements.txt\n    pip: { index-url: !env INDEX }\n  api:\n    run: api\n    source: git@host:me/api.git#v1\n    python: system\n    packages: [python3-flask]",
    );
    let stack = Stack::of(&inventory.hosts[0], as_typed).unwrap();
    let [web, api] = [0, 1].map(|at| stack.apps[at].run.wsgi().unwrap());
    let beside = inventory.path.parent().unwrap();
    assert_eq!(
        (web.target.as_str(), &web.origin),
        ("shop.wsgi:create_app()", &Origin::Directory(beside.join("code")))
    );
    assert_eq!(web.requirements.as_deref().map(String::as_str), Some("requirements.txt"));
    assert!(matches!(&web.pip[..], [(name, Text::Secret(_))] if name == "index-url"));
    assert_eq!((web.python, web.packages.len()), (Python::Venv, 0));
    assert_eq!(api.origin, Origin::Git("git@host:me/api.git".into(), Some("v1".into())));
    assert_eq!((api.python, &api.packages[..]), (Python::System, &["python3-flask".to_string()][..]));
}

#[test]
fn where_code_lies_is_told_by_its_name() {
    let origin = |source: &str| {
        let inventory = inventory(&format!("apps: {{ web: {{ run: 'a:b', source: '{source}' }} }}"));
        Stack::of(&inventory.hosts[0], as_typed).unwrap().apps[0].run.wsgi().unwrap().origin.clone()
    };
    let git = |url: &str, reference: Option<&str>| Origin::Git(url.into(), reference.map(String::from));
    assert_eq!(
        origin("https://example.com/me/web.git#main"),
        git("https://example.com/me/web.git", Some("main"))
    );
    assert_eq!(origin("file:///srv/web.git"), git("file:///srv/web.git", None));
    assert_eq!(origin("/srv/web.tar.gz"), Origin::Archive("/srv/web.tar.gz".into()));
    assert_eq!(origin("/srv/c#/web"), Origin::Directory("/srv/c#/web".into()));
}

#[test]
fn several_sites_have_apps_and_probes_of_their_own() {
    let inventory = inventory(
        "apps:\n  shop:\n    run: '@hbnb'\n    site: shop\n    routes: [{ path: / }]\n    health: /status\n  blog:\n    run: '@hbnb/web'\n    site: blog\n    routes: [{ path: / }]\nsites:\n  blog: { server_name: blog.example.com }\n  shop: { server_name: shop.example.com }",
    );
    let stack = Stack::of(&inventory.hosts[0], as_typed).unwrap();
    let of = |site: &Site| stack.apps_of(site).map(|app| app.name.value.clone()).collect::<Vec<_>>();
    assert_eq!(stack.sites.iter().map(of).collect::<Vec<_>>(), [["blog"], ["shop"]]);
    assert_eq!(stack.probes[0].site.as_ref().map(|site| site.as_str()), Some("shop"));
    let said: Vec<String> = stack.warnings.iter().map(|w| w.to_string()).collect();
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("warning: no probe covers the route `/`"), "{}", said[0]);
}

#[test]
fn sites_that_are_unknown_or_alike_are_refused() {
    let refused = |vars: &str| {
        let errors = Stack::of(&inventory(vars).hosts[0], as_typed).unwrap_err();
        errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
    };
    assert_eq!(
        refused("apps: { a: { run: '@hbnb', site: shpo } }\nsites: { shop: {} }"),
        ["unknown site `shpo`"]
    );
    assert_eq!(refused("site: {}\nsites: { shop: {} }"), ["`site` and `sites` cannot both be given"]);
    assert_eq!(
        refused("sites: { a: { server_name: x.org }, b: { server_name: [y.org, x.org] } }"),
        ["nginx could not tell the sites `a` and `b` apart"]
    );
    for name in ["X.org", ".x.org"] {
        let sites = format!("sites: {{ a: {{ server_name: x.org }}, b: {{ server_name: {name} }} }}");
        assert_eq!(refused(&sites), ["nginx could not tell the sites `a` and `b` apart"]);
    }
}

#[test]
fn a_mistake_of_haproxy_is_told_once_and_as_its_own() {
    let said = |vars: &str| {
        let errors = Stack::of(&inventory(vars).hosts[0], as_typed).unwrap_err();
        errors.into_iter().map(|error| (error.message, error.label.unwrap_or_default())).collect::<Vec<_>>()
    };
    let row = |message: &str, label: &str| (message.to_string(), label.to_string());
    let own =
        row("HAProxy and another site both want the port 80", "a site of HAProxy has its ports to itself");
    let of = |more: &str| format!("{{ server_name: x.org, {more}balance: {{ group: b, with: haproxy }} }}");
    assert_eq!(said(&format!("sites: {{ a: {}, b: {} }}", of(""), of("")))[..], *std::slice::from_ref(&own));
    assert_eq!(said(&format!("sites: {{ a: {}, b: {{ server_name: x.org }} }}", of(""))), [own]);
    let tls = |profile: &str| of(&format!("listen: 81, tls: {{ mode: self_signed, profile: {profile} }}, "));
    let both =
        row("HAProxy and another site both want the port 81", "a site of HAProxy has its ports to itself");
    assert_eq!(said(&format!("sites: {{ a: {}, b: {} }}", tls("old"), tls("modern"))), [both]);
    let one = row(
        "the port 443 cannot speak both HTTP and TLS",
        "`listen` is for plain HTTP, `tls: { listen: … }` for TLS",
    );
    assert_eq!(said(&format!("site: {}", of("listen: 443, tls: { mode: self_signed }, "))), [one]);
    let app = "apps: { a: { run: '@hbnb/api', bind: 127.0.0.1:80 } }";
    let bind =
        row("the bind `127.0.0.1:80` has the site's own port", "HAProxy listens on 80 of every address");
    assert_eq!(said(&format!("{app}\nsite: {}", of(""))), [bind]);
}

#[test]
fn names_that_would_be_one_on_the_host_are_refused() {
    let refused = |vars: &str| {
        let errors = Stack::of(&inventory(vars).hosts[0], as_typed).unwrap_err();
        errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
    };
    let sites = "sites: { a-b: { server_name: x.org }, a_b: { server_name: y.org } }";
    assert_eq!(refused(sites), ["the site's name `a_b` is used twice"]);
    let apps = "apps: { a-b: { run: '@hbnb' }, a_b: { run: '@hbnb' } }";
    assert_eq!(refused(apps), ["the app's name `a_b` is used twice"]);
}

#[test]
fn everything_a_site_can_be_told_is_read() {
    let inventory = inventory(
        "site:\n  body_size: 20m\n  timeouts: { read: 300 }\n  rate_limit: 10r/s\n  gzip: off\n  security_headers: no\n  access_log: json\n  maintenance: on\n  redirects: { /a: { to: /b, status: 308 } }\n  error_pages: { 50x: Soon }",
    );
    let wanted = Site {
        body_size: Some("20m".into()),
        timeouts: Timeouts { read: Some(300), ..Timeouts::default() },
        rate_limit: Some(RateLimit { rate: "10r/s".into(), burst: 20 }),
        gzip: false,
        security_headers: false,
        access_log: Some(AccessLog::Json),
        maintenance: Some(Maintenance {
            text: "Back soon: we are working on this site.".into(),
            retry_after: 300,
        }),
        error_pages: vec![ErrorPage { statuses: vec![500, 502, 503, 504], page: Page::Text("Soon".into()) }],
        ..Site::default()
    };
    let site = Stack::of(&inventory.hosts[0], as_typed).unwrap().sites.remove(0);
    assert_eq!((site.redirects[0].target.as_str(), site.redirects[0].status), ("/b", 308));
    assert_eq!(Site { redirects: Vec::new(), ..site }, wanted);
}

#[test]
fn two_sites_each_prove_the_health_of_their_app_at_the_same_path() {
    let apps = inventory(
        "apps:\n  a: { run: '@hbnb', site: a, routes: [{ path: / }], health: /status }\n  b: { run: '@hbnb', site: b, routes: [{ path: / }], health: /status }\nsites: { a: { server_name: a.org }, b: { server_name: b.org } }",
    );
    let stack = Stack::of(&apps.hosts[0], as_typed).unwrap();
    let names: Vec<&str> = stack.probes.iter().map(|probe| probe.name.as_str()).collect();
    assert_eq!(names, ["health of a", "health of b"]);
    let groups = inventory(
        "sites:\n  a: { server_name: a.org, balance: { group: x, health: /status } }\n  b: { server_name: b.org, balance: { group: y, health: /status } }",
    );
    let stack = Stack::of(&groups.hosts[0], as_typed).unwrap();
    let names: Vec<&str> = stack.probes.iter().map(|probe| probe.name.as_str()).collect();
    assert_eq!(names, ["health of x", "health of y"]);
}

#[test]
fn a_setting_that_the_deployer_chooses_is_refused_with_what_to_write_instead() {
    let vars = "apps: { a: { run: '@hbnb', settings: { bind: ':9', daemon: true } } }";
    let said = Stack::of(&inventory(vars).hosts[0], as_typed).unwrap_err();
    let said: Vec<&str> = said.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(
        said,
        ["the setting `bind` is chosen by the deployer", "the setting `daemon` is chosen by the deployer"]
    );
}

#[test]
fn localhost_is_an_address_since_a_socket_unit_takes_no_name() {
    let stack =
        Stack::of(&inventory("apps: { a: { run: '@hbnb', bind: 'localhost:5003' } }").hosts[0], as_typed);
    assert_eq!(stack.unwrap().apps[0].bind, Bind::Tcp { host: "127.0.0.1".into(), port: 5003 });
}
