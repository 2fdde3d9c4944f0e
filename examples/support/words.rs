//! The words that come with the examples; dictionary/words.LICENSE says where they are from.

/// One sense of a word.
#[derive(Debug)]
pub struct Line {
    /// The word.
    pub word: &'static str,
    /// `noun`, `verb`, `adj` or `adv`.
    pub part: &'static str,
    /// The number of times people used it in this sense.
    pub uses: u32,
    /// Its meaning.
    pub definition: &'static str,
}

/// Returns all of them, in the order of the alphabet; a word has one or two lines.
#[must_use]
pub fn shipped_words() -> Vec<Line> {
    include_str!("../dictionary/words.tsv")
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some(Line {
                word: fields.next()?,
                part: fields.next()?,
                uses: fields.next()?.parse().ok()?,
                definition: fields.next()?,
            })
        })
        .collect()
}
