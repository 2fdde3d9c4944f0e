//! A room uses only the rooms that its row allows.

use std::collections::BTreeMap;

use crate::{
    crate_tree::{CrateTree, room_name},
    mentions::{Mention, Target},
    report::{Rule, Violation},
    room_table::RoomTable,
};

pub(super) fn check(tree: &CrateTree, page: &str) -> Vec<Violation> {
    let table = RoomTable::read(page, &tree.name);
    let mut violations = Vec::new();
    for ((from, to), places) in arrows(tree) {
        // Rooms without a row are reported once, not at every arrow.
        if table.row(&to).is_none() || table.row(&from).is_none() || table.allows(&from, &to) {
            continue;
        }
        violations.extend(places.into_iter().map(|place| Violation {
            rule: Rule::Arrows,
            message: format!("`{from}` may not use `{to}`: `{}`", place.mention.written),
            file: place.file.to_owned(),
            line: place.mention.line,
        }));
    }
    violations
}

/// One place where an arrow is drawn.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) mention: &'a Mention,
}

/// From room to room, with every place; the root is the room `lib`.
pub(super) fn arrows(tree: &CrateTree) -> BTreeMap<(String, String), Vec<Place<'_>>> {
    let mut arrows = BTreeMap::<_, Vec<_>>::new();
    for module in tree.modules_outside_tests() {
        let from = module
            .path
            .first()
            .map_or_else(|| "lib".to_owned(), |name| room_name(name));
        for mention in &module.mentions {
            let Target::Inside(path) = &mention.target else {
                continue;
            };
            if let Some(to) = tree.room_of(path)
                && to != from
            {
                let file = module.file.as_str();
                arrows
                    .entry((from.clone(), to))
                    .or_default()
                    .push(Place { file, mention });
            }
        }
    }
    arrows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    const PAGE: &str = "## Rooms of c\n| room | holds | may use |\n|-|-|-|\n| `low` | | |\n| `high` | | `low` |\n\n\
                        | leaf | |\n|-|-|\n| `error` | |\n";

    #[test]
    fn arrow_back_up_is_reported_wherever_it_is_drawn() {
        let files = [
            ("lib.rs", "mod low; mod high; mod error;"),
            (
                "low.rs",
                "use crate::{\n    error::Error,\n    high::H,\n};\nfn f() { crate::high::g() }",
            ),
            ("high.rs", "use crate::low::L;"),
            ("error.rs", "use super::low;"),
        ];
        let expected = [
            "c/src/error.rs:1: `error` may not use `low`: `super::low`",
            "c/src/low.rs:3: `low` may not use `high`: `crate::high::H`",
            "c/src/low.rs:5: `low` may not use `high`: `crate::high::g`",
        ];
        assert_eq!(found(&files, |tree| check(tree, PAGE)), expected);
    }

    #[test]
    fn tests_may_use_everything() {
        let files = [
            ("lib.rs", "mod low; mod high; mod error;"),
            (
                "low.rs",
                "use crate::error::Error;\n#[cfg(test)]\nmod tests { use crate::high::H; }",
            ),
            ("high.rs", "use crate::low::L;"),
            ("error.rs", ""),
        ];
        assert!(found(&files, |tree| check(tree, PAGE)).is_empty());
    }
}
