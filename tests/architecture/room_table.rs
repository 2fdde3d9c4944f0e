//! The tables of rooms.

use std::collections::BTreeSet;

use crate::markdown;

/// The rooms of one crate, as the page has them.
#[derive(Default)]
pub(crate) struct RoomTable {
    pub(crate) rooms: Vec<RoomRow>,
}

/// A row of one of the three tables.
pub(crate) struct RoomRow {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) line: usize,
    pub(crate) uses: Uses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Room,
    /// A file that every room may use.
    Leaf,
    /// A file that no room uses, unless its row says so.
    TopFile,
}

pub(crate) enum Uses {
    Rooms(BTreeSet<String>),
    /// The row says "all".
    All,
}

impl RoomTable {
    /// The tables below the heading `Rooms of <name>`, told apart by their heads: `room`, `leaf`, `top file`.
    pub(crate) fn read(page: &str, name: &str) -> Self {
        let heading = format!("Rooms of {name}");
        let mut table = Self::default();
        for section in markdown::sections(page) {
            if section.heading != heading {
                continue;
            }
            for row in section.rows() {
                let is_all = row.cells.get(2).is_some_and(|cell| *cell == "all");
                let kind = match row.head {
                    "room" => Kind::Room,
                    "leaf" => Kind::Leaf,
                    "top file" => Kind::TopFile,
                    _ => continue,
                };
                table.rooms.push(RoomRow {
                    name: row.name(0),
                    kind,
                    line: row.line,
                    uses: if is_all {
                        Uses::All
                    } else {
                        Uses::Rooms(row.names(2).into_iter().collect())
                    },
                });
            }
        }
        table
    }

    pub(crate) fn row(&self, name: &str) -> Option<&RoomRow> {
        self.rooms.iter().find(|row| row.name == name)
    }

    pub(crate) fn is_leaf(&self, name: &str) -> bool {
        self.row(name).is_some_and(|row| row.kind == Kind::Leaf)
    }

    /// The table allows `from` to use `to`.
    pub(crate) fn allows(&self, from: &str, to: &str) -> bool {
        self.row(from).is_some_and(|row| match &row.uses {
            Uses::All => true,
            Uses::Rooms(rooms) => {
                rooms.contains(to) || (row.kind != Kind::Leaf && self.is_leaf(to))
            }
        })
    }
}

#[test]
fn the_three_kinds_of_rows_allow_what_they_say() {
    let page = "## Rooms of c\n\n| room | holds | may use |\n|---|---|---|\n| `a` | x | |\n| `b` | x | `a` |\n\n\
                | leaf | holds | may use |\n|---|---|---|\n| `error` | x | |\n| `clock` | x | |\n\n\
                | top file | holds | may use |\n|---|---|---|\n| `lib` | x | all |\n";
    let table = RoomTable::read(page, "c");
    for (from, to, is_allowed) in [
        ("b", "a", true),
        ("a", "b", false),
        ("a", "error", true),
        ("error", "a", false),
        ("error", "clock", false),
        ("lib", "b", true),
        ("a", "lib", false),
        ("unknown", "a", false),
    ] {
        assert_eq!(table.allows(from, to), is_allowed, "{from} to {to}");
    }
    assert_eq!(table.row("b").unwrap().line, 6);
    assert!(RoomTable::read(page, "d").rooms.is_empty());
}
