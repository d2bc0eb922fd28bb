//! A list of packages as one text: what it names in other files of the same code is put in its place.
//! Format: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>

use super::tree::Tree;

/// A file that names itself would never end; nobody nests deeper.
const DEPTH: usize = 8;

/// The whole list, `-r FILE` followed.
///
/// # Errors
/// In words: a file that is not there or no text; a line that means a file which is not on the host.
pub fn read(tree: &Tree, path: &str) -> Result<String, String> {
    let mut lines = Vec::new();
    collect(tree, path, 0, &mut lines)?;
    Ok(lines.join("\n") + "\n")
}

fn collect(tree: &Tree, path: &str, depth: usize, lines: &mut Vec<String>) -> Result<(), String> {
    let bytes = tree.text(path).ok_or_else(|| format!("`{path}` is not in the source"))?;
    let text = std::str::from_utf8(bytes).map_err(|_| format!("`{path}` is not in UTF-8"))?;
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        let other = ["--requirement=", "--requirement ", "-r"].iter().find_map(|r| line.strip_prefix(r));
        // A comment begins at a `#` behind a blank.
        let uncommented = |text: &'_ str| text.split(" #").next().unwrap_or_default().trim().to_string();
        if let Some(other) = other.map(uncommented) {
            if depth == DEPTH {
                return Err(format!("`{path}` names itself: `{line}`"));
            }
            let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            collect(tree, &format!("{folder}{other}"), depth + 1, lines)?;
        } else if is_of_the_desk(line) {
            return Err(format!(
                "`{path}` has `{line}`, which is not on the host when packages are installed"
            ));
        } else if !line.is_empty() && !line.starts_with('#') {
            lines.push(line.to_string());
        }
    }
    Ok(())
}

/// Whether a line means a file or a directory beside the list.
fn is_of_the_desk(line: &str) -> bool {
    ["-e", "--editable", "-c", "--constraint", "./", "../"].iter().any(|start| line.starts_with(start))
        || line == "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::code::tree::Entry;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let entry = |(path, text): &(&str, &str)| (path.to_string(), Entry::File((*text).into(), false));
        Tree(files.iter().map(entry).collect())
    }

    #[test]
    fn a_list_is_one_text_without_comments_and_with_what_it_includes() {
        let tree = tree(&[
            ("requirements/web.txt", "# the web\r\n-r base.txt  # the base\n\nflask==2.2.5 # pinned\n"),
            ("requirements/base.txt", "\u{feff}click>=8\n"),
        ]);
        assert_eq!(read(&tree, "requirements/web.txt"), Ok("click>=8\nflask==2.2.5 # pinned\n".into()));
    }

    #[test]
    fn a_list_that_only_the_desk_could_read_is_refused() {
        let tree = tree(&[("a.txt", "-e .\n"), ("b.txt", "-r b.txt\n"), ("c.txt", "-r d.txt")]);
        assert_eq!(
            read(&tree, "a.txt"),
            Err("`a.txt` has `-e .`, which is not on the host when packages are installed".into())
        );
        assert_eq!(read(&tree, "b.txt"), Err("`b.txt` names itself: `-r b.txt`".into()));
        assert_eq!(read(&tree, "c.txt"), Err("`d.txt` is not in the source".into()));
    }
}
