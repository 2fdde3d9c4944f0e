//! Every module at the root has a row, and every row has a module.

use crate::{
    PAGE,
    crate_tree::{CrateTree, room_name},
    report::{Rule, Violation},
    room_table::RoomTable,
};

pub(super) fn check(tree: &CrateTree, page: &str) -> Vec<Violation> {
    let table = RoomTable::read(page, &tree.name);
    let rooms: Vec<_> = tree
        .rooms()
        .map(|room| (room_name(&room.path[0]), room))
        .collect();
    let new = rooms
        .iter()
        .filter(|(name, _)| table.row(name).is_none())
        .map(|(name, room)| Violation {
            rule: Rule::Modules,
            file: tree.file("lib.rs"),
            line: room.line,
            message: format!(
                "`mod {name}` is no room of {PAGE} (it lies in {})",
                room.file
            ),
        });
    let is_there = |name: &str| name == "lib" || rooms.iter().any(|(room, _)| room == name);
    let gone = table
        .rooms
        .iter()
        .filter(|row| !is_there(&row.name))
        .map(|row| Violation {
            rule: Rule::Modules,
            file: PAGE.to_owned(),
            line: row.line,
            message: format!("{} has no module `{}`", tree.name, row.name),
        });
    new.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    const PAGE: &str = "## Rooms of c\n| room | |\n|-|-|\n| `a` | |\n\n\
                        | top file | |\n|-|-|\n| `lib` | |\n| `private` | |\n";

    #[test]
    fn module_without_a_row_and_row_without_a_module_are_reported() {
        let files = [
            ("lib.rs", "\nmod utils;\nmod a;"),
            ("utils.rs", ""),
            ("a.rs", ""),
        ];
        let expected = [
            "ARCHITECTURE.md:9: c has no module `private`",
            "c/src/lib.rs:2: `mod utils` is no room of ARCHITECTURE.md (it lies in c/src/utils.rs)",
        ];
        assert_eq!(found(&files, |tree| check(tree, PAGE)), expected);
    }

    #[test]
    fn module_of_a_hidden_name_has_the_row_of_its_file() {
        let lib = "mod a;\n#[path = \"private.rs\"]\npub mod __private;";
        let files = [
            ("lib.rs", lib),
            ("a.rs", "mod inside {}"),
            ("private.rs", ""),
        ];
        assert!(found(&files, |tree| check(tree, PAGE)).is_empty());
    }
}
