//! Where the application is mounted, and what of a request's path is its own.

use std::borrow::Cow;

use super::policy::Policy;
use super::request::Request;
use crate::appserver::http::path;
use crate::appserver::settings::Settings;

/// The header by which a proxy says where it mounted the application, and the one that says the rest.
const SCRIPT_NAME: &str = "SCRIPT_NAME";
const PATH_INFO: &str = "PATH_INFO";

/// The prefixes of paths under which the application answers; none is the root alone.
pub struct Mounts(Vec<String>);

/// Where the application is mounted, and the rest of the path, both decoded.
pub type Place<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl Mounts {
    /// What settings say of it; if they say nothing, `variable`: `SCRIPT_NAME` of the environment, as Gunicorn reads it.
    pub fn of(settings: &Settings, variable: Option<String>) -> Self {
        let is_root = |prefix: &String| prefix.trim_end_matches('/').is_empty();
        let said = if settings.mount.is_empty() { Vec::from_iter(variable) } else { settings.mount.clone() };
        Self(if said.iter().all(is_root) { Vec::new() } else { said })
    }

    /// Divides the path of a request; none: the application is not mounted there. Who is trusted may say by headers
    /// where it is mounted.
    pub fn place<'a>(&self, policy: &Policy, request: &'a Request) -> Option<Place<'a>> {
        if let Some(vars) = &request.vars {
            let (script, rest) = vars.path();
            return if self.0.is_empty() {
                Some((script.into(), rest.into()))
            } else {
                self.divide(Cow::Owned([script, rest].concat()))
            };
        }
        let head = &*request.head;
        let decoded = path::decode(head.path());
        let said = |name| policy.forwarded(head, name, request.remote.is_trusted);
        match (said(SCRIPT_NAME), said(PATH_INFO)) {
            (None, None) => self.divide(decoded),
            (script, Some(rest)) => Some((script.unwrap_or_default().into(), rest.into())),
            (Some(script), None) => {
                let script = script.strip_suffix(b"/").unwrap_or(script);
                let rest = decoded.strip_prefix(script).filter(|rest| matches!(rest, [] | [b'/', ..]));
                let rest = rest.map(<[u8]>::to_vec).unwrap_or(decoded.into_owned());
                Some((script.into(), rest.into()))
            }
        }
    }

    fn divide<'a>(&self, path: Cow<'a, [u8]>) -> Option<Place<'a>> {
        if self.0.is_empty() {
            return Some((Cow::Borrowed(b""), path));
        }
        let length = path::mount(&path, &self.0)?.0.len();
        Some(match path {
            Cow::Borrowed(path) => (path[..length].into(), path[length..].into()),
            Cow::Owned(mut path) => {
                let rest = path.split_off(length);
                (path.into(), rest.into())
            }
        })
    }

    /// The target below the mount as sent, if it is another than the request's own. Errors: there is none.
    pub fn target(&self, request: &Request) -> Result<Option<Vec<u8>>, Outside> {
        let head = &*request.head;
        let mut target = match &request.vars {
            Some(vars) => {
                let (script, _) = vars.path();
                if self.0.is_empty() && script.is_empty() {
                    return Ok(None);
                }
                let path = [script, vars.path().1].concat();
                let length = if self.0.is_empty() { script.len() } else { self.length(&path)? };
                path::encode(&path[length..]).into_bytes()
            }
            None if self.0.is_empty() => return Ok(None),
            None => {
                let length = self.length(&path::decode(head.path()))?;
                path::behind(head.path(), length).to_vec()
            }
        };
        // The slash itself came encoded.
        if target.starts_with(b"%") {
            target.splice(..3, *b"/");
        }
        if target.is_empty() {
            target.push(b'/');
        }
        if !head.query().is_empty() {
            target.push(b'?');
            target.extend_from_slice(head.query());
        }
        Ok(Some(target))
    }

    fn length(&self, path: &[u8]) -> Result<usize, Outside> {
        path::mount(path, &self.0).map(|(prefix, _)| prefix.len()).ok_or(Outside)
    }
}

/// A path where the application is not mounted.
#[derive(Debug)]
pub struct Outside;
