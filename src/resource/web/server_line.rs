//! The line of a server that a balancer passes requests on to, and whether it is drained.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Who passes requests on, and how the line of a server reads there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// `server 10.0.0.1:80 max_fails=3;`, and `down` where it is drained.
    #[default]
    Nginx,
    /// `    server web-01 10.0.0.1:80 check`, and `disabled` where it is drained.
    Haproxy,
}

impl Program {
    /// How the line of a server ends, and how that of a drained one does.
    fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::Nginx => (";", " down;"),
            Self::Haproxy => ("", " disabled"),
        }
    }

    /// The address in the line of a server.
    pub fn address(self, line: &str) -> Option<&str> {
        match self {
            Self::Nginx => line.strip_prefix("server ")?.split([' ', ';']).next(),
            Self::Haproxy => line.strip_prefix("    server ")?.split(' ').nth(1),
        }
    }

    /// Whether it is the line of a drained server.
    pub fn is_drained(self, line: &str) -> bool {
        self.address(line).is_some() && line.ends_with(self.ends().1)
    }

    /// The line of a server as it is to be.
    pub fn marked(self, line: &str, is_drained: bool) -> String {
        let (end, end_drained) = self.ends();
        let bare = line.strip_suffix(end_drained).or(line.strip_suffix(end)).unwrap_or(line);
        format!("{bare}{}", if is_drained { end_drained } else { end })
    }

    /// Every line after the head of the section that it is in: `backend NAME` of HAProxy; Nginx has one section without.
    pub fn lines(self, content: &str) -> impl Iterator<Item = (&str, &str)> {
        let mut head = "";
        content.lines().map(move |line| {
            if self == Self::Haproxy && line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                head = line;
            }
            (head, line)
        })
    }

    /// A new file whose servers are drained where they are so in the one that is there, unless that were all of a section.
    pub fn with_drained(self, content: &str, seen: &str) -> String {
        let drained: BTreeSet<_> = self
            .lines(seen)
            .filter(|(_, line)| self.is_drained(line))
            .map(|(head, line)| (head, self.address(line)))
            .collect();
        let is_drained = |head: &str, line: &str| drained.contains(&(head, self.address(line)));
        let serving: BTreeSet<&str> = self
            .lines(content)
            .filter(|(head, line)| self.address(line).is_some() && !is_drained(head, line))
            .map(|(head, _)| head)
            .collect();
        let kept = |(head, line): (&str, &str)| match is_drained(head, line) && serving.contains(head) {
            true => self.marked(line, true) + "\n",
            false => line.to_string() + "\n",
        };
        self.lines(content).map(kept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_server_of_two_backends_is_drained_in_one_of_them() {
        let file = |first: &str| {
            format!(
                "backend a\n    server x 1:1 check{first}\n    server y 2:2 check\nbackend b\n    server x 1:1 check\n"
            )
        };
        assert_eq!(Program::Haproxy.with_drained(&file(""), &file(" disabled")), file(" disabled"));
    }
}
