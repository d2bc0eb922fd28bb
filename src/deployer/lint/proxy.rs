//! Rules of `proxy_pass`: what stands behind the name, and whether anybody is there.

use super::listener::Listener;
use super::location::{Kind, Location};
use super::syntax::Word;
use super::{Finding, Scene};
use crate::base::diagnostic::Diagnostic;

/// Where a request goes.
struct Target<'t> {
    word: &'t Word,
    /// Host, or socket, and port, if it has one.
    host: &'t str,
    /// What stands behind that; none if nothing does.
    uri: Option<&'t str>,
    /// The port of the scheme.
    port: &'static str,
}

/// Where a `proxy_pass` leads to.
fn target<'t>(scene: &Scene<'t>) -> Option<Target<'t>> {
    let word = scene.directive.args.first().filter(|_| scene.directive.is("proxy_pass"))?;
    let (scheme, rest) = word.text.split_once("://")?;
    let end = match rest.strip_prefix("unix:") {
        Some(path) => path.find(':').map(|at| "unix:".len() + at),
        None => ["/", "?", "$uri", "$document_uri", "$request_uri"]
            .into_iter()
            .filter_map(|mark| rest.find(mark))
            .min(),
    };
    let (host, uri) = rest.split_at(end.unwrap_or(rest.len()));
    let uri = uri.strip_prefix(':').unwrap_or(uri);
    let port = if scheme == "https" { "443" } else { "80" };
    Some(Target { word, host, uri: Some(uri).filter(|uri| !uri.is_empty()), port })
}

/// A path behind the name: Nginx decodes and merges what was asked for before it puts the path in place of it.
pub fn uri(scene: &Scene, found: &mut Vec<Finding>) {
    let Some(Target { word, host, uri: Some(uri), .. }) = target(scene) else { return };
    let has_variables = word.text.contains('$');
    let location = scene.above.iter().rev().find_map(|above| Location::of(above));
    let parent = scene.above.last();
    let refused = parent.is_some_and(|parent| parent.is("if") || parent.is("limit_except"))
        || location.is_some_and(|location| location.is_regex() || location.kind == Kind::Named);
    // The only path of such a location may well be another one behind it.
    let is_one_path = location.is_some_and(|location| location.kind == Kind::Exact);
    if uri.starts_with("$request_uri") || is_one_path && !refused {
        return;
    }
    let bare = word.text.strip_suffix(uri).unwrap_or(host).trim_end_matches(':');
    let message = format!("`proxy_pass` has a path, `{uri}`");
    let said = if refused && !has_variables {
        Diagnostic::error(message)
            .label("nginx refuses it in a location of an expression or a name, and in an `if`")
    } else if has_variables {
        Diagnostic::warning(message)
            .label("with variables it is sent as it stands: the query is lost, unless it is named here")
    } else {
        Diagnostic::warning(message)
            .label("what was asked for is decoded, and its slashes are merged, before it is sent on")
    };
    let fix = format!("write `proxy_pass {bare};`: the path then reaches the application as it was sent");
    found.push(said.at(&word.span).fix(fix).into());
}

/// A name that neither is an upstream nor can be an address.
pub fn unknown_upstream(scene: &Scene, found: &mut Vec<Finding>) {
    let Some(Target { word, host, .. }) = target(scene) else { return };
    let known: Vec<&str> = scene.around.upstreams.iter().map(String::as_str).collect();
    let is_elsewhere = host.is_empty() || host == "localhost" || host.contains(['.', ':', '$', '[']);
    if is_elsewhere || known.contains(&host) {
        return;
    }
    let label = match known.as_slice() {
        [] => "nothing on this host is called so".to_string(),
        known => format!("upstreams of this host: {}", known.join(", ")),
    };
    let unknown = Diagnostic::error(format!("unknown upstream `{host}`")).at(&word.span).label(label);
    found.push(unknown.fix("name an upstream of this host, or an address").suggest(host, known).into());
}

/// An address of the host itself that nobody there listens on.
pub fn nobody_listens(scene: &Scene, found: &mut Vec<Finding>) {
    let is_server =
        scene.directive.is("server") && scene.above.last().is_some_and(|above| above.is("upstream"));
    let wanted = match target(scene) {
        Some(target) => Listener::of(target.host, target.port).map(|listener| (target.word, listener)),
        None => scene
            .directive
            .args
            .first()
            .filter(|_| is_server)
            .and_then(|w| Some((w, Listener::of(&w.text, "80")?))),
    };
    let Some((word, wanted)) = wanted.filter(|(_, wanted)| wanted.is_local()) else { return };
    let listeners = &scene.around.listeners;
    if listeners.iter().any(|listener| listener.answers(&wanted)) {
        return;
    }
    let mut local: Vec<String> = listeners.iter().filter(|l| l.is_local()).map(Listener::to_string).collect();
    local.dedup();
    let label = match local.as_slice() {
        [] => "this host has no app".to_string(),
        local => format!("the apps of this host listen on {}", local.join(", ")),
    };
    let warning = Diagnostic::warning(format!("nobody listens on `{wanted}`")).at(&word.span).label(label);
    found.push(warning.fix("name the upstream of an app, or give the app this `bind`").into());
}
