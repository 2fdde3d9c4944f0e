//! The questions of readers: a few words very often, most words seldom.

/// Words drawn by how often people use them, one in a hundred mistyped; the same sequence on every run.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    words: &'a [(String, u32)],
    /// For each word, the uses of it and of all before it.
    up_to: Vec<u64>,
    state: u64,
}

impl<'a> Trace<'a> {
    pub(crate) fn new(words: &'a [(String, u32)]) -> Self {
        let up_to = words
            .iter()
            .scan(0, |sum, (_, uses)| {
                *sum += u64::from(*uses);
                Some(*sum)
            })
            .collect();
        Self {
            words,
            up_to,
            state: 1,
        }
    }

    /// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): enough for a draw, and the same everywhere.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Iterator for Trace<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let draw = self.random().checked_rem(*self.up_to.last()?)?;
        let at = self.up_to.partition_point(|up_to| *up_to <= draw);
        let (word, _) = self.words.get(at)?;
        Some(if self.random().is_multiple_of(100) {
            format!("{word}z")
        } else {
            word.clone()
        })
    }
}
