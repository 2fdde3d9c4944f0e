//! The walks as the page has them.

use super::{Counts, WALKS};
use crate::markdown::{self, Section};

/// A numbered list of steps below a heading.
pub(super) struct Walk<'a> {
    pub(super) heading: &'a str,
    pub(super) line: usize,
    /// The numbers that the heading or the text before the list states.
    pub(super) claim: Option<Counts>,
    pub(super) steps: Vec<Step>,
}

pub(super) struct Step {
    pub(super) line: usize,
    pub(super) number: usize,
    /// File and function, if it names both.
    pub(super) names: Option<(String, String)>,
}

pub(super) fn walks(page: &str) -> Vec<Walk<'_>> {
    let is_walk =
        |section: &Section<'_>| WALKS.iter().any(|name| section.heading.starts_with(name));
    markdown::sections(page)
        .iter()
        .filter(|section| is_walk(section))
        .map(Walk::read)
        .collect()
}

impl<'a> Walk<'a> {
    fn read(section: &Section<'a>) -> Self {
        let before = section.lines.iter().map(|(_, text)| *text);
        let before = before.take_while(|text| numbered(text).is_none());
        let introduction: Vec<_> = [section.heading].into_iter().chain(before).collect();
        let step = |&(line, text): &(usize, &str)| {
            let (number, rest) = numbered(text)?;
            let names = names(rest);
            Some(Step {
                line,
                number,
                names,
            })
        };
        Self {
            heading: section.heading,
            line: section.line,
            claim: claim(&introduction.join(" ")),
            steps: section.lines.iter().filter_map(step).collect(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let files = self.steps.iter().filter_map(|step| step.names.as_ref());
        let files: Vec<_> = files.map(|(file, _)| file).collect();
        Counts {
            steps: self.steps.len(),
            changes: files.windows(2).filter(|pair| pair[0] != pair[1]).count(),
        }
    }
}

/// The number and the text of a list item.
fn numbered(text: &str) -> Option<(usize, &str)> {
    let (number, rest) = text.split_once(". ")?;
    Some((number.parse().ok()?, rest))
}

/// "`file.rs` · `function`"
fn names(text: &str) -> Option<(String, String)> {
    let (file, rest) = text.strip_prefix('`')?.split_once("` · `")?;
    let (function, _) = rest.split_once('`')?;
    Some((file.to_owned(), function.to_owned()))
}

/// "… 47 steps, 26 changes of file …"
fn claim(text: &str) -> Option<Counts> {
    let words: Vec<_> = text.split_whitespace().collect();
    let number_before = |begins: &str| {
        let found = words.windows(2).find(|pair| pair[1].starts_with(begins))?;
        found[0].parse().ok()
    };
    Some(Counts {
        steps: number_before("step")?,
        changes: number_before("change")?,
    })
}
