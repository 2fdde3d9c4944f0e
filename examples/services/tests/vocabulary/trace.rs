//! The questions of learners: a few things very often, most things seldom.

/// Paths, drawn the same way on every run.
#[derive(Debug)]
pub(super) struct Trace {
    state: u64,
}

/// The number of words of the first two levels.
const WORDS: u64 = 1200;
const USERS: u64 = 200;

impl Trace {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): enough for a draw, and the same everywhere.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 1 to `count`, each about as often as its reciprocal: the words of a language (Zipf, 1935). Every
    /// power of two is as likely as the next, and so is each number between two of them.
    fn rank(&mut self, count: u64) -> u64 {
        let octave = 1 << (self.random() % u64::from(count.ilog2() + 1));
        count.min(octave + self.random() % octave)
    }
}

impl Iterator for Trace {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let path = match self.random() % 10 {
            0..5 => format!("/words/{}", self.rank(WORDS)),
            5..8 => {
                let word = self.rank(WORDS);
                format!("/translations?text=word+{word}&source=en&target=cs")
            }
            8 => format!("/users/{}/statistics", self.rank(USERS)),
            _ => format!("/words?level=B1&offset={}", 20 * self.rank(30)),
        };
        Some(path)
    }
}
