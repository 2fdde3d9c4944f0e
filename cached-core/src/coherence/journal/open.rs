//! [`OpenNumbers`]: the open invalidations of one target, and what a reply says of them.

/// The open invalidations of one target, by the numbers under which they were entered.
///
/// There is at least one. A command that is confirmed closes those that were entered before it was sent, whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenNumbers {
    /// The lowest number.
    pub(crate) oldest: u64,
    /// The highest number.
    pub(crate) latest: u64,
    /// The highest that is postponed: nobody waits for the reply to this one any more, or to one before it.
    pub(crate) postponed: Option<u64>,
}

impl OpenNumbers {
    pub(crate) fn entered(number: u64) -> Self {
        Self {
            oldest: number,
            latest: number,
            postponed: None,
        }
    }

    pub(crate) fn enter(&mut self, number: u64) {
        self.latest = number;
    }

    /// Returns what is left when a command that was sent after all up to `number` were entered is confirmed.
    pub(crate) fn acknowledge(self, number: u64) -> Option<Self> {
        (self.latest > number).then(|| Self {
            oldest: self.oldest.max(number.saturating_add(1)),
            postponed: self.postponed.filter(|&postponed| postponed > number),
            ..self
        })
    }

    /// Postpones `number`, as nobody waits for the reply any more. Returns `true` if it is still open.
    pub(crate) fn postpone(&mut self, number: u64) -> bool {
        let is_open = self.has(number);
        if is_open {
            self.postponed = self.postponed.max(Some(number));
        }
        is_open
    }

    pub(crate) fn has(&self, number: u64) -> bool {
        self.oldest <= number
    }

    /// Returns `true` if hits on what the target covers are misses.
    pub(crate) fn covers(&self) -> bool {
        self.postponed.is_some()
    }
}
