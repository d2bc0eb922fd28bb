//! A plan as files: what `render` writes, shaped like the host.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use crate::agent::wire::Plan;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::Resource;
use crate::resource::web::haproxy;
use crate::resource::web::nginx_site::NginxSite;

/// One file a host would get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Absolute path on the host.
    pub path: String,
    /// Its whole text.
    pub content: String,
    /// Permission bits.
    pub mode: u32,
    /// A link to make at this path as well, pointing at the file.
    pub link: Option<String>,
}

/// The files of a plan, in its order.
pub fn files(plan: &Plan) -> Vec<Rendered> {
    plan.steps.iter().flat_map(|step| rendered(&step.resource)).collect()
}

fn rendered(resource: &Resource) -> Vec<Rendered> {
    let file =
        |path: String, content: &str, mode| Rendered { path, content: content.to_string(), mode, link: None };
    match resource {
        Resource::File(one) => vec![file(one.path.clone(), &one.content, one.mode.0)],
        Resource::Config(one) => vec![file(one.path.clone(), &one.content, one.mode.0)],
        Resource::Unit(one) => vec![file(one.init.path(&one.name), &one.content, 0o644)],
        Resource::NginxSites(all) => {
            let site = |one: &NginxSite| Rendered {
                link: Some(one.enabled()),
                ..file(one.available(), &one.content, 0o644)
            };
            all.sites.iter().map(site).collect()
        }
        Resource::Servers(one) => vec![file(one.path.clone(), &one.content, 0o644)],
        Resource::Haproxy(one) => vec![file(haproxy::PATH.to_string(), &one.content, 0o644)],
        _ => Vec::new(),
    }
}

/// Writes a file under `root`, which stands for the host's `/`.
///
/// # Errors
/// The directory cannot be written.
pub fn write(root: &Path, file: &Rendered) -> Result<(), Diagnostic> {
    let inside = |path: &str| root.join(path.trim_start_matches('/'));
    let path = inside(&file.path);
    let written = (|| {
        std::fs::create_dir_all(path.parent().unwrap_or(root))?;
        let mut options = std::fs::File::options();
        let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        out.set_permissions(std::fs::Permissions::from_mode(file.mode))?;
        out.write_all(file.content.as_bytes())?;
        if let Some(link) = &file.link {
            let link = inside(link);
            std::fs::create_dir_all(link.parent().unwrap_or(root))?;
            if link.symlink_metadata().is_ok() {
                std::fs::remove_file(&link)?;
            }
            symlink(Path::new("../sites-available").join(path.file_name().unwrap_or_default()), link)?;
        }
        Ok(())
    })();
    written.map_err(|error: std::io::Error| {
        Diagnostic::error(format!("cannot write `{}`: {error}", path.display()))
            .exit(Exit::Input)
            .fix("name a directory you can write: --out DIR")
    })
}
