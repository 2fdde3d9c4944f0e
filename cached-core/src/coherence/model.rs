//! Every history of a few calls, writers and faults, enumerated: does any call get a value that it was
//! promised not to get, does any wait for ever, does any key stay without an entry?
//!
//! The hit test, the join test and the captures are the ones that run (see [`rules`](super::rules)), and so are the
//! age of an entry, the journal and the stores of this process; the server, and who does what when, are simulated: one
//! transition for each command on one key, replies in any order, and between any two transitions anybody else. A load's value is the set of invalidations
//! that had begun when it began. A call that began after an invalidation covering it was applied must get a
//! value that has it; this is stronger than not being given an older version of the database, which is why
//! there is no database. The one exception: calls in an outage whose process keeps what it loads meanwhile
//! need not know what others have applied since the outage began.
//!
//! With all rules nothing may break; with any one rule left out, something must. The ordinary test run does
//! the scenarios of `ordinary`; `CACHED_MODEL=full` those of `full`, which take longer.

mod call;
mod decide;
mod faults;
mod fingerprint;
mod journal;
mod names;
mod outage;
mod rules;
mod scenario;
mod search;
mod server;
mod state;
mod table;
mod world;
mod writer;

use std::collections::HashSet;

use rules::Rules;
use scenario::Scenario;
use search::{Search, SearchResult};
use table::{full, needed, ordinary};
use world::World;

fn is_full() -> bool {
    std::env::var("CACHED_MODEL").is_ok_and(|set| set == "full")
}

/// Searches all histories of a scenario, or those up to the first that breaks.
fn search(scenario: Scenario, rules: Rules, until_broken: bool) -> SearchResult {
    Search::new(&World::new(scenario, rules), until_broken).run()
}

#[test]
fn each_rule_is_needed() {
    let mut failures = 0;
    for (rule, scenario) in needed() {
        let title = format!("{:40} {scenario}", rule.without());
        let found = search(scenario, Rules::without(rule), !is_full());
        println!("{title}: {found}");
        failures += u32::from(found.broken == 0.0);
    }
    assert_eq!(failures, 0, "rules that nothing needs");
}

#[test]
fn with_all_rules_no_history_breaks() {
    let mut scenarios = ordinary();
    let needed = needed().into_iter().map(|(_, scenario)| scenario);
    if is_full() {
        scenarios.extend(needed);
        scenarios.extend(full());
    } else {
        scenarios.extend(needed.filter(Scenario::is_small));
    }
    let mut known = HashSet::new();
    let (mut states, mut failures) = (0, 0);
    for scenario in scenarios {
        let title = scenario.to_string();
        if !known.insert(title.clone()) {
            continue;
        }
        let found = search(scenario, Rules::ALL, true);
        println!("{title}: {found}");
        for step in &found.example {
            println!("    {step}");
        }
        states += found.states;
        failures += u32::from(found.broken > 0.0);
    }
    println!("{states} states in all");
    assert_eq!(failures, 0, "scenarios with broken histories");
}
