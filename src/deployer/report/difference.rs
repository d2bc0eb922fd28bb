//! One difference, for people: a unified diff where there are lines, else `from → to`.

use similar::TextDiff;

use crate::resource::converge::Change;

/// Lines of unchanged text around a difference.
const CONTEXT: usize = 2;

/// The lines that show a change, indented by four.
pub fn lines(change: &Change) -> Vec<String> {
    let Some(whose) = change.text_of() else {
        return vec![format!("    {}: {} → {}", change.what, change.from, change.to)];
    };
    let diff = TextDiff::from_lines(&change.from, &change.to);
    let text = diff.unified_diff().context_radius(CONTEXT).to_string();
    let head = whose.map(|name| format!("    {name}:"));
    head.into_iter().chain(text.lines().map(|line| format!("    {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_an_arrow_and_a_text_is_a_diff() {
        assert_eq!(lines(&Change::new("mode", "0644", "0600")), ["    mode: 0644 → 0600"]);
        let wanted = ["    @@ -1,2 +1,2 @@", "     a", "    -b", "    +c"];
        assert_eq!(lines(&Change::new("content", "a\nb\n", "a\nc\n")), wanted);
        let of_one = lines(&Change::new("content of shop", "a\nb\n", "a\nc\n"));
        assert_eq!((of_one[0].as_str(), &of_one[1..]), ("    shop:", &wanted.map(String::from)[..]));
    }
}
