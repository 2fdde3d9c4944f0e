//! The table of shapes on the attribute's page says what the modules here show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const TABLE: &str = include_str!("../../cached-macros/docs/shapes.md");

/// One line of the table.
struct Row {
    example: String,
    invalidates: bool,
    module: String,
}

fn rows() -> Vec<Row> {
    let rows = TABLE.lines().skip(2).map(|line| {
        let line = line.replace("\\|", "\0");
        let cells: Vec<_> = line.split('|').collect();
        let ["", _, example, invalidates, _, module, ""] = cells[..] else {
            panic!("five cells: {line}");
        };
        let code = |cell: &str| cell.trim().trim_matches('`').replace('\0', "|");
        Row {
            example: code(example),
            invalidates: invalidates.trim() == "✓",
            module: code(module),
        }
    });
    rows.collect()
}

/// The tests of this binary, by module.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let list = Command::new(std::env::current_exe().unwrap())
        .args(["--list", "--format", "terse"])
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let mut tests: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for test in list.lines().filter_map(|line| line.strip_suffix(": test")) {
        let (module, name) = test.rsplit_once("::").unwrap();
        tests
            .entry(module.to_owned())
            .or_default()
            .insert(name.to_owned());
    }
    tests
}

fn has(tests: &BTreeSet<String>, claim: &str) -> bool {
    tests.iter().any(|test| test.ends_with(claim))
}

/// Without what formatting adds.
fn bare(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    code.replace(",)", ")").replace(",>", ">")
}

#[test]
fn it_has_a_row_for_each_module() {
    let shown: Vec<_> = rows().into_iter().map(|row| row.module).collect();
    let modules = tests()
        .into_iter()
        .filter(|(_, tests)| has(tests, "equal_calls_hit") || has(tests, "other_calls_miss"))
        .map(|(module, _)| module);
    let (sorted, modules): (BTreeSet<_>, BTreeSet<_>) =
        (shown.iter().cloned().collect(), modules.collect());
    assert_eq!(
        sorted.len(),
        shown.len(),
        "a module of its own for each row"
    );
    let missing: Vec<_> = modules.difference(&sorted).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
    let unknown: Vec<_> = sorted.difference(&modules).collect();
    assert!(unknown.is_empty(), "no such modules: {unknown:?}");
}

#[test]
fn each_module_shows_a_hit_and_a_miss() {
    let tests = tests();
    for Row {
        module,
        invalidates,
        ..
    } in rows()
    {
        let tests = &tests[&module];
        assert!(has(tests, "equal_calls_hit"), "{module} shows no hit");
        assert!(has(tests, "other_calls_miss"), "{module} shows no miss");
        assert_eq!(
            has(tests, "writes_invalidate"),
            invalidates,
            "{module} invalidates"
        );
    }
}

#[test]
fn each_example_is_in_its_module() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shapes");
    for Row {
        example, module, ..
    } in rows()
    {
        let file = folder.join(module.replace("::", "/")).with_extension("rs");
        let source = std::fs::read_to_string(&file).unwrap();
        assert!(
            bare(&source).contains(&bare(&example)),
            "{module} does not say `{example}`"
        );
    }
}
