//! Answers past their ttl, while a load in the background refreshes the entry.

use super::CallTransitions;
use crate::coherence::model::{
    decide,
    rules::Rule,
    state::{Call, Invalidations, State},
    world::World,
};

impl World {
    /// Answers a call with a value that is past its ttl. If nobody loads, what is left of the call does, with
    /// what its own read showed.
    pub(super) fn revalidate(
        &self,
        state: &State,
        number: usize,
        value: Invalidations,
        transitions: &mut CallTransitions<'_>,
    ) {
        let call = state.calls[number];
        let of = self.call(number);
        let is_loading = self.joinable(state, number, None).next().is_some();
        let mut next = *state;
        Self::return_value(&mut next, number, value);
        if is_loading {
            return transitions.push("answers, past its ttl", 0, next);
        }
        next.calls[number] = Call {
            promised: 0,
            background: true,
            entry: None,
            ..call
        };
        Self::lead_flight(&mut next, number);
        let lacking = if self.rules.has(Rule::All) {
            decide::lacks(call.seen, of.groups, of.entry)
        } else {
            0
        };
        self.begin_capture(&mut next, number, lacking);
        transitions.push("answers, past its ttl, and is to refresh", 0, next);
    }
}
