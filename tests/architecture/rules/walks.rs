//! A walk names functions that exist, and counts its steps.

mod defined;
mod walk;

use crate::{
    PAGE,
    crate_tree::CrateTree,
    report::{Rule, Violation},
};
use defined::defined_names;
use walk::Walk;

/// The walks of the page, by the beginnings of their headings.
const WALKS: [&str; 3] = ["A hit on Redis", "A miss", "An invalidation"];

/// The most steps and changes of file of the first of them.
const MOST_OF_A_HIT: Counts = Counts {
    steps: 50,
    changes: 28,
};

/// The length of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    steps: usize,
    changes: usize,
}

pub(super) fn check(tree: &CrateTree, page: &str) -> Vec<Violation> {
    let walks = walk::walks(page);
    let mut violations = Vec::new();
    let mut report = |line, message| {
        let (rule, file) = (Rule::Walks, PAGE.to_owned());
        violations.push(Violation {
            rule,
            file,
            line,
            message,
        });
    };
    for name in WALKS {
        if !walks.iter().any(|walk| walk.heading.starts_with(name)) {
            report(1, format!("there is no walk \"{name}\""));
        }
    }
    for walk in &walks {
        check_steps(tree, walk, &mut report);
        check_counts(walk, &mut report);
    }
    violations
}

fn check_steps(tree: &CrateTree, walk: &Walk<'_>, report: &mut impl FnMut(usize, String)) {
    for (index, step) in walk.steps.iter().enumerate() {
        if step.number != index + 1 {
            report(
                step.line,
                format!("step {} has the number {}", index + 1, step.number),
            );
        }
        let Some((file, function)) = &step.names else {
            report(
                step.line,
                "a step is written \"1. `file.rs` · `Type::function` — …\"".to_owned(),
            );
            continue;
        };
        match tree.files.get(&tree.file(file)) {
            None => report(step.line, format!("there is no file {file}")),
            Some(source)
                if !defined_names(&source.items).contains(function.trim_end_matches('!')) =>
            {
                report(step.line, format!("{file} has no function `{function}`"));
            }
            Some(_) => {}
        }
    }
}

fn check_counts(walk: &Walk<'_>, report: &mut impl FnMut(usize, String)) {
    let counted = walk.counts();
    let is_hit = walk.heading.starts_with(WALKS[0]);
    match walk.claim {
        Some(claim) if claim != counted => {
            report(walk.line, format!("claims {claim}, counted {counted}"));
        }
        None if is_hit => report(walk.line, format!("claims no number: counted {counted}")),
        _ => {}
    }
    let most = MOST_OF_A_HIT;
    if is_hit && (counted.steps > most.steps || counted.changes > most.changes) {
        report(walk.line, format!("counted {counted}: more than {most}"));
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} steps, {} changes of file", self.steps, self.changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    const FILES: [(&str, &str); 3] = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub fn ask() {} struct A<T>(T); impl<T> A<T> { fn take(self) {} }",
        ),
        (
            "b.rs",
            "trait Store { fn read(&self); }\nmacro_rules! load { () => {} }",
        ),
    ];

    fn checked(hit: &str) -> Vec<String> {
        let page = format!("## A miss\n## An invalidation\n## A hit on Redis\n{hit}");
        found(&FILES, |tree| check(tree, &page))
    }

    #[test]
    fn step_that_leads_nowhere_is_reported() {
        let hit = "3 steps, 1 change of file.\n\n1. `a.rs` · `ask` — x\n\
                   2. `x.rs` · `f` — x\n2. `a.rs` · `B::take` — x\n4. nothing";
        let expected = [
            "ARCHITECTURE.md:3: claims 3 steps, 1 changes of file, counted 4 steps, 2 changes of file",
            "ARCHITECTURE.md:7: there is no file x.rs",
            "ARCHITECTURE.md:8: a.rs has no function `B::take`",
            "ARCHITECTURE.md:8: step 3 has the number 2",
            "ARCHITECTURE.md:9: a step is written \"1. `file.rs` · `Type::function` — …\"",
        ];
        assert_eq!(checked(hit), expected);
    }

    #[test]
    fn walk_that_is_too_long_or_not_there_is_reported() {
        let steps: Vec<_> = (1..=51)
            .map(|number| format!("{number}. `a.rs` · `ask` — x\n"))
            .collect();
        let steps = steps.concat();
        let expected = [
            "ARCHITECTURE.md:3: counted 51 steps, 0 changes of file: more than 50 steps, 28 changes of file",
        ];
        assert_eq!(
            checked(&format!("51 steps, 0 changes of file\n{steps}")),
            expected
        );
        let expected = ["ARCHITECTURE.md:1: there is no walk \"A miss\""];
        let page = "## An invalidation\n## A hit on Redis: 0 steps, 0 changes of file";
        assert_eq!(found(&FILES, |tree| check(tree, page)), expected);
    }

    #[test]
    fn walk_through_functions_methods_traits_and_macros_holds() {
        let hit = "4 steps, 1 change of file.\n\n1. `a.rs` · `ask` — x\n2. `a.rs` · `A::take` — x,\n   y\n\
                   3. `b.rs` · `Store::read` — x\n4. `b.rs` · `load!` — x\n";
        assert!(checked(hit).is_empty());
    }
}
