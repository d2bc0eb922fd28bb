//! What can be seen of a run before any host is asked: its plans, as if the hosts ran each of a few releases.

use std::sync::Mutex;

use crate::base::diagnostic::{Diagnostic, Level, kept};
use crate::deployer::options::Input;
use crate::deployer::os;
use crate::deployer::refusal::refusals;
use crate::deployer::review;
use crate::deployer::rolling::rolling;
use crate::deployer::run::Mode;
use crate::deployer::stack::Words;

use super::{Desk, Secrets, hidden, warn};

/// A release of each kind: Upstart, systemd without and with `notify-reload`, and Nginx with a directive of HTTP/2.
const TRIED: [&str; 4] = ["ubuntu-14.04", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04"];

impl Desk {
    /// Reads everything for a run that goes as far as `mode`, and compiles every host's plan as if it ran each of a few releases: how many steps a host
    /// takes at most.
    ///
    /// Where hosts are asked later, what only some releases would get of people's own Nginx is left for what is true of
    /// the host.
    ///
    /// # Errors
    /// Every mistake that can be seen without a host, each once.
    pub fn rehearsed(
        input: &Input,
        secrets: Secrets,
        words: Words,
        mode: Mode,
    ) -> Result<(Self, usize), Vec<Diagnostic>> {
        let (desk, mut errors) = Self::read(input, secrets, words);
        let Some(mut desk) = desk else { return Err(errors) };
        let (mut steps, mut found) = (0, Vec::new());
        kept(rolling(&desk.playbook, &desk.inventory, &desk.hosts, &desk.links), &mut errors);
        kept(desk.targets(mode), &mut errors);
        for host in &desk.hosts {
            let Some(stack) = desk.stacks.get(&host.name) else { continue };
            let mut times = Vec::new();
            for release in TRIED {
                let facts = os::facts(release, &host.name).map_err(|error| vec![error])?;
                if !refusals(stack, &facts).is_empty() {
                    continue;
                }
                let Some(plan) = kept(desk.compile(host, &facts), &mut errors) else { continue };
                steps = steps.max(plan.steps.len());
                times.push(desk.review(host, &facts, &plan));
            }
            if secrets == Secrets::Fetched {
                times = vec![review::in_all(times)];
            }
            times.into_iter().for_each(|more| review::add(&mut found, more));
        }
        let all = found.iter().map(|one| one.said.clone());
        let (wrong, suspicious) = all.partition(|said: &Diagnostic| said.level == Level::Error);
        warn(suspicious, &desk.mask);
        errors.extend(wrong.into_iter().map(|said| hidden(said, &desk.mask)));
        desk.found = Mutex::new(found);
        if errors.is_empty() { Ok((desk, steps)) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Rehearses a host with lines of its own in the template of its log; the messages of what is wrong.
    fn rehearsed(lines: &str, secrets: Secrets) -> Result<Desk, Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("templates/nginx/log.conf.tera");
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::write(&own, lines).unwrap();
        let inventory = dir.path().join("hosts.yml");
        fs::write(&inventory, "web: { hosts: { a: { ansible_host: 192.0.2.1, site: { gzip: on } } } }\n")
            .unwrap();
        let input = Input { inventory, playbook: None, limit: None, extra: Vec::new() };
        let read = Desk::rehearsed(&input, secrets, |_| Ok(Vec::new()), Mode::Change);
        read.map(|(desk, _)| desk).map_err(messages)
    }

    fn messages(said: Vec<Diagnostic>) -> Vec<String> {
        said.into_iter().map(|one| one.message).collect()
    }

    /// A mistake in a site for some versions of Nginx only.
    fn only(condition: &str) -> String {
        format!("{{%- if {condition} %}}\nlocation /img {{ alias /srv/; }}\n{{%- endif %}}\n")
    }

    const MISTAKE: &str = "`/img../` leads out of `/srv/`";

    #[test]
    fn the_desk_alone_reads_what_any_release_would_get() {
        for condition in ["facts.init == \"upstart\"", "facts.nginx[1] >= 25", "true"] {
            let told = rehearsed(&only(condition), Secrets::Unknown).err();
            assert_eq!(told, Some(vec![MISTAKE.to_string()]), "{condition}");
        }
    }

    #[test]
    fn a_host_is_stopped_by_what_it_would_get_itself_and_by_nothing_else() {
        let told = rehearsed(&only("true"), Secrets::Fetched).err();
        assert_eq!(told, Some(vec![MISTAKE.to_string()]));
        let desk = rehearsed(&only("facts.init == \"upstart\""), Secrets::Fetched).map_err(drop).unwrap();
        let on = |release: &str| {
            let planned = desk.reviewed(&desk.hosts[0], &os::facts(release, "a").unwrap());
            planned.map(|plan| plan.steps.is_empty()).map_err(messages)
        };
        assert_eq!(on("debian-12"), Ok(false));
        assert_eq!(on("ubuntu-14.04"), Err(vec![MISTAKE.to_string()]));
    }
}
