//! Documentation begins with a noun phrase or a verb: a reader scans first lines for what things are and do.

use crate::{
    crate_tree::CrateTree,
    report::{Rule, Violation},
};

const QUESTIONS: [&str; 9] = [
    "What", "Whether", "Who", "Whose", "Where", "When", "Why", "How", "Which",
];

pub(super) fn check(tree: &CrateTree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (file, source) in &tree.files {
        for (line, text) in first_lines(&source.lines) {
            let word = text
                .split(|each: char| !each.is_alphabetic())
                .next()
                .unwrap_or_default();
            if QUESTIONS.contains(&word) && !source.is_for_tests(line) {
                violations.push(Violation {
                    rule: Rule::Voice,
                    file: file.clone(),
                    line,
                    message: text.to_owned(),
                });
            }
        }
    }
    violations
}

/// The first line of every doc comment, with its number.
fn first_lines(lines: &[String]) -> Vec<(usize, &str)> {
    let mut first = Vec::new();
    let mut before = None;
    for (index, line) in lines.iter().enumerate() {
        let doc = doc(line);
        if let Some((mark, text)) = doc
            && before != Some(mark)
        {
            first.push((index + 1, text));
        }
        before = doc.map(|(mark, _)| mark);
    }
    first
}

/// The mark and the text of a line of documentation.
fn doc(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    let of = |mark| line.strip_prefix(mark).map(|text| (mark, text.trim()));
    of("//!").or_else(|| of("///"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn question_is_reported_where_a_doc_comment_begins() {
        let lib = "//! How it works.\n\n/// Whether it is on.\n/// When not, not.\n\
                   struct A {\n    /// Who asks.\n    b: u8,\n}";
        let expected = [
            "c/src/lib.rs:1: How it works.",
            "c/src/lib.rs:3: Whether it is on.",
            "c/src/lib.rs:6: Who asks.",
        ];
        assert_eq!(found(&[("lib.rs", lib)], check), expected);
    }

    #[test]
    fn statements_comments_and_tests_are_left_alone() {
        let lib = "//! The way it works.\n//! How else?\n\n/// Whatever is there.\n// Why not.\nstruct A;\n\
                   #[cfg(test)]\nmod tests {\n    /// What it shows.\n    fn f() {}\n}";
        assert!(found(&[("lib.rs", lib)], check).is_empty());
    }
}
