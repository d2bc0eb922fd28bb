//! How many hosts of a play are changed together, and how many of them may fail.

use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Value};

/// So many hosts, or such a part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// A number of hosts.
    Count(usize),
    /// Percent of the play's hosts.
    Percent(usize),
}

impl Share {
    /// How many of `hosts` it is, rounded down.
    pub fn of(self, hosts: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => hosts * percent / 100,
        }
    }
}

/// The sizes of a play's batches; the last one holds for all that follow.
///
/// Written `serial: 1`, `serial: 50%` or `serial: [1, 50%, 100%]`. A part of the hosts is rounded down and at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial(pub Vec<Share>);

impl Serial {
    /// Reads `serial`.
    ///
    /// # Errors
    /// Neither a number, nor a part in percent, nor a list of them; a batch of nobody; more than all.
    pub fn read(node: &Node) -> Result<Self, Diagnostic> {
        const FIX: &str = "write `serial: 1`, `serial: 50%` or `serial: [1, 50%, 100%]`";
        let sizes = match &node.value {
            Value::Seq(items) if !items.is_empty() => {
                items.iter().map(|item| share("serial", item, FIX)).collect::<Result<Vec<_>, _>>()?
            }
            _ => vec![share("serial", node, FIX)?],
        };
        match sizes.iter().any(|size| matches!(size, Share::Count(0) | Share::Percent(0))) {
            true => Err(Diagnostic::error("`serial`: a batch of no host would never end")
                .at(&node.span)
                .label("at least one host, or 1%")
                .fix(FIX)),
            false => Ok(Self(sizes)),
        }
    }

    /// How many hosts of `hosts` are in batch `batch`, counted from 0; at least one.
    pub fn size(&self, batch: usize, hosts: usize) -> usize {
        let size = self.0.get(batch).or(self.0.last());
        size.map_or(hosts, |size| size.of(hosts)).max(1)
    }
}

/// Reads `max_fail`: how many hosts of a play may fail before no further one is begun.
///
/// # Errors
/// Neither a number nor a part in percent; more than all.
pub fn max_fail(node: &Node) -> Result<Share, Diagnostic> {
    share("max_fail", node, "write `max_fail: 1` or `max_fail: 25%`")
}

fn share(key: &str, node: &Node, fix: &str) -> Result<Share, Diagnostic> {
    let text = node.text().unwrap_or_default().trim();
    let read = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse().ok().filter(|p| *p <= 100).map(Share::Percent),
        None => text.parse().ok().map(Share::Count),
    };
    read.ok_or_else(|| {
        let wrong = Diagnostic::error(format!("`{key}`: {} cannot be used", node.kind())).at(&node.span);
        wrong.label("a whole number of hosts, or 0% to 100% of them").fix(fix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Source;
    use crate::base::yaml;

    fn serial(text: &str) -> Result<Serial, String> {
        let node = yaml::parse(&Source::new("serial", text)).unwrap();
        Serial::read(&node).map_err(|error| error.to_string())
    }

    #[test]
    fn a_number_a_part_and_a_list_are_sizes() {
        let sizes = |text: &str| {
            let serial = serial(text).unwrap();
            [0, 1, 2, 3].map(|batch| serial.size(batch, 10))
        };
        assert_eq!(sizes("1"), [1; 4]);
        assert_eq!(sizes("50%"), [5; 4]);
        assert_eq!(sizes("[1, 30%, 100%]"), [1, 3, 10, 10]);
        assert_eq!(serial("25%").unwrap().size(0, 3), 1);
    }

    #[test]
    fn what_is_no_size_is_told_with_what_is() {
        let fix = "  = fix: write `serial: 1`, `serial: 50%` or `serial: [1, 50%, 100%]`";
        let wrong = |text: &str, kind: &str, carets: &str| {
            format!(
                "error: `serial`: {kind} cannot be used\n --> serial:1:1\n  |\n1 | {text}\n  | {carets} a whole number of hosts, or 0% to 100% of them\n{fix}"
            )
        };
        assert_eq!(serial("all").unwrap_err(), wrong("all", "the text `all`", "^^^"));
        assert_eq!(serial("150%").unwrap_err(), wrong("150%", "the text `150%`", "^^^^"));
        assert_eq!(serial("-1").unwrap_err(), wrong("-1", "`-1`", "^^"));
        assert_eq!(serial("[]").unwrap_err(), wrong("[]", "a list", "^^"));
        let nobody = format!(
            "error: `serial`: a batch of no host would never end\n --> serial:1:1\n  |\n1 | 0%\n  | ^^ at least one host, or 1%\n{fix}"
        );
        assert_eq!(serial("0%").unwrap_err(), nobody);
    }
}
