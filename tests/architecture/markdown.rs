//! Sections, tables and code spans of the page.

/// One section: its heading and the lines below it, up to the next heading of any level.
pub(crate) struct Section<'a> {
    pub(crate) heading: &'a str,
    pub(crate) line: usize,
    /// With their numbers.
    pub(crate) lines: Vec<(usize, &'a str)>,
}

/// One row of a table.
pub(crate) struct Row<'a> {
    pub(crate) line: usize,
    /// The first cell of the table's head, which says what kind of table it is.
    pub(crate) head: &'a str,
    pub(crate) cells: Vec<&'a str>,
}

pub(crate) fn sections(page: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::<Section<'_>>::new();
    for (index, text) in page.lines().enumerate() {
        let line = index + 1;
        let heading = text.trim_start_matches('#');
        if heading.len() < text.len() {
            let heading = heading.trim();
            let lines = Vec::new();
            sections.push(Section {
                heading,
                line,
                lines,
            });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push((line, text));
        }
    }
    sections
}

impl<'a> Section<'a> {
    /// The rows of every table of the section.
    pub(crate) fn rows(&self) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        let mut head = None;
        for &(line, text) in &self.lines {
            let Some(inner) = text.trim().strip_prefix('|') else {
                head = None;
                continue;
            };
            let inner = inner.strip_suffix('|').unwrap_or(inner);
            let cells: Vec<_> = inner.split('|').map(str::trim).collect();
            match head {
                None => head = cells.first().copied(),
                Some(_) if text.chars().all(|each| "|-: ".contains(each)) => {}
                Some(head) => rows.push(Row { line, head, cells }),
            }
        }
        rows
    }
}

impl Row<'_> {
    /// The texts between backticks in a cell.
    pub(crate) fn names(&self, cell: usize) -> Vec<String> {
        code_spans(self.cells.get(cell).copied().unwrap_or_default())
    }

    pub(crate) fn name(&self, cell: usize) -> String {
        self.names(cell).into_iter().next().unwrap_or_default()
    }
}

pub(crate) fn code_spans(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn tables_are_read_by_their_heads() {
    let page = "# A\n\n| room | uses |\n|---|:--|\n| `a` | `b`, `c` |\n\n| leaf |\n|---|\n| `d` |\n## B\ntext";
    let sections = sections(page);
    let shown = |row: Row<'_>| {
        (
            row.line,
            row.head.to_owned(),
            row.name(0),
            row.names(1).join(" "),
        )
    };
    let rows: Vec<_> = sections[0].rows().into_iter().map(shown).collect();
    let expected = [(5, "room", "a", "b c"), (9, "leaf", "d", "")]
        .map(|(line, head, name, uses)| (line, head.into(), name.into(), uses.into()));
    assert_eq!(rows, expected);
    assert_eq!((sections[1].heading, sections[1].line), ("B", 10));
}
