//! A file is at most 400 lines long, its tests not counted.

use crate::{
    PAGE,
    crate_tree::{CrateTree, SourceFile},
    markdown,
    report::{Rule, Violation},
};

const LONGEST: usize = 400;

/// The heading of the table of files that are longer: crate, file, why.
const HEADING: &str = "Long files";

pub(super) fn check(tree: &CrateTree, page: &str) -> Vec<Violation> {
    let sections = markdown::sections(page);
    let rows = sections
        .iter()
        .filter(|section| section.heading == HEADING)
        .flat_map(markdown::Section::rows);
    let mut allowed: Vec<_> = rows
        .filter(|row| row.name(0) == tree.name)
        .map(|row| (tree.file(&row.name(1)), row.line))
        .collect();
    let mut violations = Vec::new();
    for (file, source) in &tree.files {
        let length = length(source);
        if length <= LONGEST {
            continue;
        }
        match allowed.iter().position(|(path, _)| path == file) {
            Some(index) => drop(allowed.remove(index)),
            None => violations.push(Violation {
                rule: Rule::Length,
                file: file.clone(),
                line: source.lines.len(),
                message: format!("{length} lines"),
            }),
        }
    }
    let short = |(file, line)| Violation {
        rule: Rule::Table,
        file: PAGE.to_owned(),
        line,
        message: format!("{file} is not longer than {LONGEST} lines"),
    };
    violations.extend(allowed.into_iter().map(short));
    violations
}

fn length(source: &SourceFile) -> usize {
    (1..=source.lines.len())
        .filter(|line| !source.is_for_tests(*line))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn long_file_is_reported_unless_the_page_says_why() {
        let long = "\n".repeat(401);
        let files = [("lib.rs", "mod a;"), ("a.rs", long.as_str())];
        assert_eq!(
            found(&files, |tree| check(tree, "")),
            ["c/src/a.rs:401: 401 lines"]
        );
        let page = "## Long files\n| crate | file | why |\n|-|-|-|\n| `c` | `a.rs` | a list |\n";
        assert!(found(&files, |tree| check(tree, page)).is_empty());
        let files = [("lib.rs", "mod a;"), ("a.rs", "")];
        let expected = ["ARCHITECTURE.md:4: c/src/a.rs is not longer than 400 lines"];
        assert_eq!(found(&files, |tree| check(tree, page)), expected);
    }

    #[test]
    fn tests_do_not_count() {
        let long = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}",
            "\n".repeat(399),
            "\n".repeat(99)
        );
        let files = [("lib.rs", "mod a;"), ("a.rs", long.as_str())];
        assert!(found(&files, |tree| check(tree, "")).is_empty());
    }
}
