//! Ranges in host names: `web[01:50]`, `node-[a:f]`, `db[1:9:2]`, several in one name.

/// Letters in the order in which a range counts them.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// More hosts than one line of a person names.
const MAX_HOSTS: usize = 10_000;

/// The names a pattern stands for; a name without a range stands for itself.
///
/// Errors, in words: a range without an end, bounds of different width (`[01:100]`), an end before its begin, a step of 0.
pub fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let Some(open) = pattern.find('[') else { return Ok(vec![pattern.into()]) };
    let close = pattern[open..].find(']').ok_or("a range is not closed: `]` is missing")? + open;
    let bounds: Vec<&str> = pattern[open + 1..close].split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, 1),
        [begin, end, step] => (begin, end, step.parse().map_err(|_| "the step of a range is no number")?),
        _ => return Err("a range is `[begin:end]` or `[begin:end:step]`".into()),
    };
    if step == 0 {
        return Err("the step of a range is 0".into());
    }
    let middles = letters(begin, end, step).map_or_else(|| numbers(begin, end, step), Ok)?;
    let tails = expand(&pattern[close + 1..])?;
    if middles.is_empty() {
        return Err(format!("the range ends at `{end}`, before its begin `{begin}`"));
    }
    if middles.len().saturating_mul(tails.len()) > MAX_HOSTS {
        return Err(format!("the range names more than {MAX_HOSTS} hosts"));
    }
    let head = &pattern[..open];
    Ok(middles.iter().flat_map(|m| tails.iter().map(move |t| format!("{head}{m}{t}"))).collect())
}

fn letters(begin: &str, end: &str, step: usize) -> Option<Vec<String>> {
    let place = |s: &str| LETTERS.find(s).filter(|_| s.len() == 1);
    let (from, to) = (place(begin)?, place(end)?);
    Some(LETTERS.chars().take(to + 1).skip(from).step_by(step).map(String::from).collect())
}

fn numbers(begin: &str, end: &str, step: usize) -> Result<Vec<String>, String> {
    let begin = if begin.is_empty() { "0" } else { begin };
    let number = |s: &str| match s.parse::<u32>() {
        Ok(n) => Ok(n),
        Err(_) if s.is_empty() => Err("a range needs an end".to_string()),
        Err(_) => Err(format!("`{s}` is neither a number nor a letter")),
    };
    let width = if begin.len() > 1 && begin.starts_with('0') { begin.len() } else { 0 };
    if width > 0 && width != end.len() {
        return Err(format!("`{begin}` and `{end}` must be of the same width"));
    }
    let (from, to) = (number(begin)?, number(end)?);
    if (to.saturating_sub(from)) as usize / step >= MAX_HOSTS {
        return Err(format!("the range names more than {MAX_HOSTS} hosts"));
    }
    Ok((from..=to).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_what_ansible_says() {
        for (pattern, wanted) in [
            ("web-01", "web-01"),
            ("web[1:3]", "web1 web2 web3"),
            ("web[08:11].x", "web08.x web09.x web10.x web11.x"),
            ("web[:2]", "web0 web1 web2"),
            ("n[a:c]", "na nb nc"),
            ("n[1:9:3]", "n1 n4 n7"),
            ("[a:b][1:2]", "a1 a2 b1 b2"),
        ] {
            assert_eq!(expand(pattern).map(|names| names.join(" ")), Ok(wanted.into()));
        }
    }

    #[test]
    fn a_range_that_names_nothing_is_an_error() {
        for (pattern, wanted) in [
            ("web[1:3", "a range is not closed: `]` is missing"),
            ("web[5]", "a range is `[begin:end]` or `[begin:end:step]`"),
            ("web[1:]", "a range needs an end"),
            ("web[3:1]", "the range ends at `1`, before its begin `3`"),
            ("web[01:100]", "`01` and `100` must be of the same width"),
            ("web[1:x9]", "`x9` is neither a number nor a letter"),
            ("web[1:4000000000]", "the range names more than 10000 hosts"),
        ] {
            assert_eq!(expand(pattern), Err(wanted.into()), "{pattern}");
        }
    }
}
