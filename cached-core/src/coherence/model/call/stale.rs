//! Answers past their ttl, while a load behind the answer refreshes the entry.

use super::Steps;
use crate::coherence::model::{
    decide,
    rules::Rule,
    state::{Call, Invalidations, State},
    world::World,
};

impl World {
    /// A call returns a value that is past its ttl. If nobody loads, what is left of the call does, with
    /// what its own read showed.
    pub(super) fn revalidate(
        &self,
        state: &State,
        number: usize,
        value: Invalidations,
        steps: &mut Steps<'_>,
    ) {
        let call = state.calls[number];
        let of = self.call(number);
        let is_loading = self.joinable(state, number, None).next().is_some();
        let mut next = *state;
        Self::returns(&mut next, number, value);
        if is_loading {
            return steps.push("answers, past its ttl", 0, next);
        }
        next.calls[number] = Call {
            promised: 0,
            background: true,
            entry: None,
            ..call
        };
        Self::lead(&mut next, number);
        let lacking = if self.rules.has(Rule::All) {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        self.capture(&mut next, number, lacking);
        steps.push("answers, past its ttl, and is to refresh", 0, next);
    }
}
