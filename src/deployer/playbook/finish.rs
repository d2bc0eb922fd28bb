//! What only the desk knows, put into a task's values before they are read: a template's text, programs, the init system.

use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;
use crate::base::template::{Templates, Values};
use crate::base::yaml::{Node, Spanned, Value};
use crate::resource::app::release::Payload;

use crate::deployer::payload;

/// What a task is compiled with.
pub struct TaskContext<'a> {
    /// All templates.
    pub templates: &'a Templates,
    /// What they can name on this host.
    pub values: Values,
    /// What is true of this host.
    pub facts: &'a Facts,
    /// The programs a release can be made of.
    pub programs: &'a [Payload],
}

/// Turns what only the desk knows into finished values: a template into its text, programs into digests, the
/// host's init system.
///
/// # Errors
/// A template that cannot be rendered, a program that is not known: with the place.
pub fn finish(
    kind: &str,
    entries: &mut Vec<(Spanned<String>, Node)>,
    context: &TaskContext,
    values: &Values,
) -> Result<(), Diagnostic> {
    let Some(at) = entries.first().map(|(key, _)| key.span.clone()) else { return Ok(()) };
    if let Some(index) = entries.iter().position(|(key, _)| key.value == "template") {
        let (_, template) = entries.remove(index);
        match entries.iter_mut().find(|(key, _)| kind == "nginx_sites" && key.value == "sites") {
            Some((_, sites)) => render_sites(sites, &template, context, values)?,
            None => entries.push(entry("content", rendered(&template, context, values)?, &template.span)),
        }
    }
    if matches!(kind, "unit" | "service" | "config") {
        let init = serde_json::to_value(context.facts.init).unwrap_or_default();
        entries.push(entry("init", Value::Str(init.as_str().unwrap_or_default().to_string()), &at));
    }
    if let Some(index) = entries.iter().position(|(key, _)| kind == "release" && key.value == "binaries") {
        let (_, names) = entries.remove(index);
        let payloads = payloads(&names, context.programs)?;
        let prepare = entries.iter().find(|(key, _)| key.value == "prepare").map(|(_, node)| words(node));
        let id = payload::release_id(&payloads, &prepare.unwrap_or_default());
        entries.push(entry("id", Value::Str(id), &at));
        entries.push(entry(
            "files",
            Value::Seq(payloads.iter().map(|p| payload_node(p, &at)).collect()),
            &at,
        ));
    }
    Ok(())
}

/// The text that a template gives.
fn rendered(template: &Node, context: &TaskContext, values: &Values) -> Result<Value, Diagnostic> {
    let name = template.text().unwrap_or_default();
    let content = context.templates.render(name, values).map_err(|error| match &error.span {
        Some(_) => error.note("rendered for", place(&template.span)),
        None => error.at(&template.span),
    })?;
    Ok(Value::Str(content))
}

/// Renders the file of each site; what stands under its `site` is the `item` of the template.
fn render_sites(
    sites: &mut Node,
    template: &Node,
    context: &TaskContext,
    values: &Values,
) -> Result<(), Diagnostic> {
    let Value::Seq(items) = &mut sites.value else { return Ok(()) };
    for item in items {
        // What is no map is refused when the sites are read.
        let Value::Map(site) = &mut item.value else { continue };
        let mut values = values.clone();
        if let Some(index) = site.iter().position(|(key, _)| key.value == "site") {
            values.insert("item", &site.remove(index).1.to_json());
        }
        site.push(entry("content", rendered(template, context, &values)?, &template.span));
    }
    Ok(())
}

/// The texts of a list of lists.
fn words(node: &Node) -> Vec<Vec<String>> {
    let texts = |list: &Node| list.items().iter().filter_map(Node::text).map(str::to_string).collect();
    node.items().iter().map(texts).collect()
}

/// The programs of these names.
fn payloads(names: &Node, programs: &[Payload]) -> Result<Vec<Payload>, Diagnostic> {
    let mut payloads = Vec::new();
    for name in names.items() {
        let known = programs.iter().find(|p| Some(p.name.as_str()) == name.text());
        payloads.push(known.cloned().ok_or_else(|| {
            let known: Vec<&str> = programs.iter().map(|p| p.name.as_str()).collect();
            let typed = name.text().unwrap_or_default();
            Diagnostic::error(format!("unknown program `{typed}`"))
                .at(&name.span)
                .label(format!("known: {}", known.join(", ")))
                .suggest(typed, known)
        })?);
    }
    Ok(payloads)
}

fn payload_node(payload: &Payload, at: &Span) -> Node {
    let size = i64::try_from(payload.size).unwrap_or(i64::MAX);
    let fields = vec![
        entry("name", Value::Str(payload.name.clone()), at),
        entry("digest", Value::Str(payload.digest.clone()), at),
        entry("size", Value::Int(size), at),
    ];
    Node::new(at.clone(), Value::Map(fields))
}

/// A key and its value, both standing at a place.
pub fn entry(key: &str, value: Value, at: &Span) -> (Spanned<String>, Node) {
    (Spanned { value: key.to_string(), span: at.clone() }, Node::new(at.clone(), value))
}

/// A place in a file, as people read it.
pub fn place(span: &Span) -> String {
    format!("{}:{}", span.source.name, span.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;
    use crate::base::yaml;
    use crate::deployer::os;
    use crate::resource::web::nginx_site::NginxSite;
    use crate::resource::web::nginx_sites::NginxSites;

    /// The sites of a task, or what is wrong with them.
    fn sites(text: &str) -> Result<Vec<NginxSite>, Diagnostic> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("own.tera"), "root {{ item.root | nginx }};\n").unwrap();
        let (templates, facts) =
            (Templates::load(Some(dir.path())).unwrap(), os::facts("ubuntu-24.04", "a").unwrap());
        let mut values = Values::default();
        values.insert("item", &serde_json::json!({ "root": "/outer" }));
        let context = TaskContext { templates: &templates, values, facts: &facts, programs: &[] };
        let mut body = yaml::parse(&Source::new("site.yml", text)).unwrap();
        let Value::Map(entries) = &mut body.value else { panic!("no map: {text}") };
        finish("nginx_sites", entries, &context, &context.values)?;
        body.decode().map(|all: NginxSites| all.sites)
    }

    #[test]
    fn a_site_of_a_playbook_keeps_what_is_said_of_it() {
        let read = sites(
            "sites: [{ name: shop, reload_when: [/a], site: { root: /shop } }, { name: rest }]\ntemplate: own.tera\n",
        );
        let site = |name: &str, content: &str, reload_when: &[&str]| NginxSite {
            name: name.into(),
            content: content.into(),
            reload_when: reload_when.iter().map(|path| path.to_string()).collect(),
        };
        let wanted = [site("shop", "root /shop;\n", &["/a"]), site("rest", "root /outer;\n", &[])];
        assert_eq!(read.unwrap(), wanted);
    }

    #[test]
    fn a_site_of_a_playbook_is_read_as_strictly_as_any_other() {
        for (site, message) in [
            ("{ name: shop, reload_wen: [/a] }", "unknown key `reload_wen`"),
            ("{ reload_when: [/a] }", "`sites`: the key `name` is missing"),
            ("shop", "`sites`: expected a map, found the text `shop`"),
        ] {
            let wrong = sites(&format!("sites: [{site}]\ntemplate: own.tera\n")).unwrap_err();
            assert_eq!(wrong.message, message);
        }
    }
}
