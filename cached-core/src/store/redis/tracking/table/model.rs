//! Every history of a few calls, a server that tells them of two markers, and one connection between them,
//! enumerated: does any call take a token that its marker did not hold when its entry was read?
//!
//! The table is the one that runs. The server runs one command at a time, and others change markers between
//! any two; what it says arrives in the order in which it was said; what it tells by itself is taken as it
//! arrives, and answers by calls that may be late, in any order (see `world`).
//!
//! With all rules nothing may break; with any one left out, something must.

mod scenario;
mod search;
mod transitions;
mod world;

use scenario::{Rule, Scenario};
use search::search;

const BOTH: &[usize] = &[0, 1];
const FIRST: &[usize] = &[0];
const SECOND: &[usize] = &[1];

fn one() -> Scenario {
    Scenario::of(vec![BOTH])
}

fn two(calls: [&'static [usize]; 2]) -> Scenario {
    Scenario::of(calls.to_vec())
}

/// Returns for each rule a scenario that breaks without it.
fn needed() -> [(Rule, Scenario); 9] {
    let other_slot = two([FIRST, SECOND]).room_for(1).watched();
    [
        (Rule::TokensAfterAnswer, one().watched().changes(1)),
        (Rule::AnswersHaveNumbers, two([FIRST, FIRST]).changes(1)),
        (Rule::HoldsHaveNumbers, other_slot),
        (Rule::BegunBeforeSent, one().changes(1)),
        (Rule::ToldInOrder, one().watched().changes(1)),
        (Rule::ToldOfOwn, one().watched().changes(1)),
        (
            Rule::EndsWithConnection,
            one().watched().changes(1).breaks(1),
        ),
        (Rule::FlushEndsAll, one().watched().changes(1)),
        (Rule::DroppedIsEnded, one().drops(1)),
    ]
}

#[test]
fn with_all_rules_tokens_are_those_of_the_read() {
    let more = [
        one().watched().changes(2).breaks(1),
        one().changes(2).drops(1),
        two([BOTH, BOTH]).watched().changes(1),
        two([BOTH, FIRST]).changes(1).drops(1),
        two([FIRST, FIRST]).changes(2),
        two([BOTH, FIRST]).watched().changes(1).rounds(1),
        two([FIRST, FIRST]).rounds(2).drops(1),
        two([FIRST, SECOND]).room_for(1).changes(1).drops(1),
    ];
    let mut states = 0;
    for scenario in needed()
        .map(|(_, scenario)| scenario)
        .into_iter()
        .chain(more)
    {
        let found = search(&scenario);
        println!("{scenario:?}: {} states", found.states);
        assert_eq!(found.broken, None, "{:#?}", found.example);
        states += found.states;
    }
    println!("{states} states in all");
}

#[test]
fn each_rule_is_needed() {
    for (rule, scenario) in needed() {
        let found = search(&scenario.without(rule));
        println!("without {rule:?}: {:?}", found.broken);
        println!("    {:?}", found.example);
        assert!(found.broken.is_some(), "nothing needs {rule:?}");
    }
}
