//! A name with one owner is named nowhere else: a client library, a clock, a hash function.

use std::collections::BTreeSet;

use crate::{
    PAGE,
    crate_tree::CrateTree,
    markdown,
    mentions::{self, Mention},
    report::{Rule, Violation},
};

/// The heading of the table: crate, name, where it may be named.
const HEADING: &str = "Names with one owner";

pub(super) fn check(tree: &CrateTree, page: &str) -> Vec<Violation> {
    let sections = markdown::sections(page);
    let rows = sections
        .iter()
        .filter(|section| section.heading == HEADING)
        .flat_map(markdown::Section::rows);
    let mut violations = Vec::new();
    for row in rows.filter(|row| row.name(0) == tree.name) {
        let (names, owners) = (row.names(1), row.names(2));
        let mut found = BTreeSet::new();
        for (file, mention) in mentions(tree, &names) {
            match owners
                .iter()
                .find(|owner| is_below(&tree.file(owner), file))
            {
                Some(owner) => drop(found.insert(owner.clone())),
                None => violations.push(Violation {
                    rule: Rule::Owners,
                    file: file.to_owned(),
                    line: mention.line,
                    message: message(&mention.written, &owners),
                }),
            }
        }
        let idle = owners
            .iter()
            .filter(|owner| !found.contains(*owner))
            .map(|owner| Violation {
                rule: Rule::Table,
                file: PAGE.to_owned(),
                line: row.line,
                message: format!("`{owner}` of {} does not name {}", tree.name, row.cells[1]),
            });
        violations.extend(idle);
    }
    violations
}

fn message(written: &str, owners: &[String]) -> String {
    if owners.is_empty() {
        return format!("`{written}` is not to be named in this crate");
    }
    format!("`{written}` is for `{}` alone", owners.join("`, `"))
}

/// The places that name one of `names`, whether as a whole path or as a part of one.
fn mentions<'a>(tree: &'a CrateTree, names: &[String]) -> Vec<(&'a str, &'a Mention)> {
    let mut found = Vec::new();
    for module in tree.modules_outside_tests() {
        let uses = mentions::names_in_scope(&module.mentions);
        let is_named = |mention: &&Mention| {
            let path = mention.path_elsewhere(&uses).unwrap_or_default();
            names.iter().any(|name| contains(&path, name))
        };
        let here = module.mentions.iter().filter(is_named);
        found.extend(here.map(|mention| (module.file.as_str(), mention)));
    }
    found
}

fn contains(path: &[String], name: &str) -> bool {
    let name: Vec<_> = name.split("::").collect();
    path.windows(name.len()).any(|part| part == name)
}

/// `file` is the module `owner`, or below it.
fn is_below(owner: &str, file: &str) -> bool {
    file.strip_prefix(owner)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    const PAGE: &str = "## Names with one owner\n| crate | name | only in |\n|-|-|-|\n\
                        | `c` | `deadpool_redis`, `redis` | `store/redis` |\n\
                        | `c` | `Instant::now` | `clock` |\n| `c` | `__private` | nowhere |\n\
                        | `d` | `log` | nowhere |\n";

    #[test]
    fn name_is_reported_outside_its_owner_by_path_alias_and_macro() {
        let files = [
            ("lib.rs", "mod store; mod clock;"),
            (
                "clock.rs",
                "use std::time::Instant as I;\nfn f() { I::now(); }",
            ),
            (
                "store.rs",
                "mod redis;\nuse deadpool_redis::redis::Cmd;\nuse std::time::{self, Instant};\n\
                 fn f() { time::Instant::now(); }\nfn g() { assert!(Instant::now() < x, \"{}\", log::a()); }\n\
                 use core_of_it::__private::Reports;\nfn h() { redis::Store::new() }",
            ),
            (
                "store/redis.rs",
                "use deadpool_redis::redis;\nfn f() { redis::cmd() }",
            ),
        ];
        let expected = [
            "c/src/store.rs:2: `deadpool_redis::redis::Cmd` is for `store/redis` alone",
            "c/src/store.rs:4: `time::Instant::now` is for `clock` alone",
            "c/src/store.rs:5: `Instant::now` is for `clock` alone",
            "c/src/store.rs:6: `core_of_it::__private::Reports` is not to be named in this crate",
        ];
        assert_eq!(found(&files, |tree| check(tree, PAGE)), expected);
    }

    #[test]
    fn owner_that_names_it_no_more_is_reported() {
        let files = [
            ("lib.rs", "mod clock;"),
            (
                "clock.rs",
                "use std::time::Instant;\nfn f() { Instant::now() }",
            ),
        ];
        let expected =
            ["ARCHITECTURE.md:4: `store/redis` of c does not name `deadpool_redis`, `redis`"];
        assert_eq!(found(&files, |tree| check(tree, PAGE)), expected);
    }

    #[test]
    fn owner_tests_and_modules_of_the_same_name_may_name_it() {
        let files = [
            ("lib.rs", "mod store; mod clock;"),
            ("clock.rs", "fn f() { std::time::Instant::now() }"),
            (
                "store.rs",
                "mod redis;\nuse redis::Store;\n#[cfg(test)]\nmod tests { use deadpool_redis::x; }",
            ),
            ("store/redis.rs", "mod lane;"),
            ("store/redis/lane.rs", "use deadpool_redis::redis::Cmd;"),
        ];
        assert!(found(&files, |tree| check(tree, PAGE)).is_empty());
    }
}
