//! The tables of rooms are true and go one way: a row names only rows above it, and only rooms that it uses.

use super::arrows::arrows;
use crate::{
    PAGE,
    crate_tree::CrateTree,
    report::{Rule, Violation},
    room_table::{Kind, RoomRow, RoomTable, Uses},
};

pub(super) fn check(tree: &CrateTree, page: &str) -> Vec<Violation> {
    let table = RoomTable::read(page, &tree.name);
    let arrows = arrows(tree);
    let mut violations = Vec::new();
    for row in &table.rooms {
        let Uses::Rooms(uses) = &row.uses else {
            continue;
        };
        for used in uses {
            let is_drawn = arrows.contains_key(&(row.name.clone(), used.clone()));
            let message = match table.row(used) {
                None => format!("`{used}`, which `{}` may use, has no row", row.name),
                Some(other) if goes_up(row, other) => {
                    format!("`{}` may use `{used}`, whose row is not above", row.name)
                }
                Some(_) if !is_drawn => format!("`{}` does not use `{used}`", row.name),
                Some(_) => continue,
            };
            violations.push(Violation {
                rule: Rule::Table,
                file: PAGE.to_owned(),
                line: row.line,
                message,
            });
        }
    }
    violations
}

/// Rows above are used by rows below, and a leaf uses leaves alone.
fn goes_up(row: &RoomRow, used: &RoomRow) -> bool {
    match (row.kind, used.kind) {
        (Kind::Leaf, Kind::Room) => true,
        (Kind::Room | Kind::TopFile, Kind::Leaf) => false,
        _ => used.line >= row.line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    const FILES: [(&str, &str); 4] = [
        ("lib.rs", "mod a; mod b; mod error;"),
        ("a.rs", ""),
        ("b.rs", "use crate::a::A;"),
        ("error.rs", ""),
    ];

    fn page(a_uses: &str, b_uses: &str, error_uses: &str) -> String {
        format!(
            "## Rooms of c\n| room | holds | may use |\n|-|-|-|\n| `a` | | {a_uses} |\n| `b` | | {b_uses} |\n\n\
             | leaf | holds | may use |\n|-|-|-|\n| `error` | | {error_uses} |\n"
        )
    }

    #[test]
    fn arrow_that_goes_up_or_that_nobody_needs_is_reported() {
        let page = page("`b`", "`a`, `x`, `error`", "`a`");
        let expected = [
            "ARCHITECTURE.md:4: `a` may use `b`, whose row is not above",
            "ARCHITECTURE.md:5: `b` does not use `error`",
            "ARCHITECTURE.md:5: `x`, which `b` may use, has no row",
            "ARCHITECTURE.md:9: `error` may use `a`, whose row is not above",
        ];
        assert_eq!(found(&FILES, |tree| check(tree, &page)), expected);
    }

    #[test]
    fn true_table_is_not_reported() {
        assert!(found(&FILES, |tree| check(tree, &page("", "`a`", ""))).is_empty());
    }
}
