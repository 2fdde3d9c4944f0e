//! The report that is written when the code and the page differ.

use std::fmt::Write as _;

/// One place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// The rules, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    Modules,
    Facade,
    Arrows,
    Circles,
    Table,
    Owners,
    Manifest,
    Length,
    Walks,
    Voice,
}

impl Rule {
    fn title(self) -> &'static str {
        match self {
            Self::Modules => "every module at a crate's root has a row in the table",
            Self::Facade => "nothing of a crate is imported through its lib.rs",
            Self::Arrows => "a room uses only the rooms that its row allows",
            Self::Circles => "no circle goes through several rooms",
            Self::Table => "the tables say what is true, and go one way",
            Self::Owners => "a name with one owner is named nowhere else",
            Self::Manifest => "the macros do not depend on the runtime",
            Self::Length => "a file is at most 400 lines long, its tests not counted",
            Self::Walks => "a walk names functions that exist, and counts its steps",
            Self::Voice => "documentation begins with a noun phrase or a verb",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Modules => "move the module into the room it belongs to, or take the row away",
            Self::Facade => "import it from the module that owns it, as `crate::error::Error`",
            Self::Arrows => {
                "move what is needed down into a room that both may use; only if the arrow points down anyway, \
                 add it to the row"
            }
            Self::Circles => {
                "cut one arrow: move the type it is there for to the lower of the two rooms"
            }
            Self::Table => "change the row: the page is to be true, no more and no less",
            Self::Owners => "call a function of the owner, or give the owner one",
            Self::Manifest => "take the dependency away, or make it one of tests",
            Self::Length => "split the file by idea",
            Self::Walks => "walk through the code again and write down what is there",
            Self::Voice => {
                "write \"Returns …\" or \"The state …\", not \"What …\", \"Whether …\", \"How …\""
            }
        }
    }
}

/// The whole report: by rule, file and line, each place once.
pub(crate) fn written(mut violations: Vec<Violation>) -> String {
    violations.sort();
    violations.dedup();
    let mut text = format!("{} differences from {}\n", violations.len(), crate::PAGE);
    for group in violations.chunk_by(|a, b| a.rule == b.rule) {
        let rule = group[0].rule;
        let _ = write!(
            text,
            "\n{} ({})\n  to do: {}\n",
            rule.title(),
            group.len(),
            rule.remedy()
        );
        for violation in group {
            let Violation {
                file,
                line,
                message,
                ..
            } = violation;
            let _ = writeln!(text, "    {file}:{line}: {message}");
        }
    }
    text
}

#[test]
fn a_report_is_sorted_and_says_each_thing_once() {
    let violation = |rule, line| Violation {
        rule,
        file: "a.rs".to_owned(),
        line,
        message: "wrong".to_owned(),
    };
    let (voice, facade) = (violation(Rule::Voice, 1), violation(Rule::Facade, 10));
    let text = written(vec![
        voice,
        facade.clone(),
        violation(Rule::Facade, 9),
        facade,
    ]);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("    "))
        .collect();
    assert_eq!(
        lines,
        [
            "    a.rs:9: wrong",
            "    a.rs:10: wrong",
            "    a.rs:1: wrong"
        ]
    );
    assert!(text.contains("imported through its lib.rs (2)\n  to do: import it from"));
}
