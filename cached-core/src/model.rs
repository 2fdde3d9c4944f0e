//! Every history of a few calls, writers and faults, enumerated: does any call get a value that it was
//! promised not to get, does any wait for ever, does any key stay without an entry?
//!
//! The hit test, the join test and the captures are the ones that run (see `generation`); the server, and
//! who does what when, are simulated: one step for each command on one key, replies in any order, and
//! between any two steps anybody else. A load's value is the set of invalidations that had begun when it
//! began. A call that began after an invalidation covering it was applied must get a value that has it; this
//! is stronger than not being given an older version of the database, which is why there is no database.
//!
//! With all rules nothing may break; with any one rule left out, something must. The ordinary test run does
//! the scenarios of `ordinary`; `CACHED_MODEL=full` those of `full`, which take longer.

mod call;
mod decide;
mod faults;
mod journal;
mod names;
mod rules;
mod scenario;
mod search;
mod server;
mod state;
mod table;
mod world;
mod writer;

use rules::Rules;
use search::Search;
use table::{full, needed, ordinary};
use world::World;

#[test]
fn every_rule_is_needed() {
    let mut failures = 0;
    for (rule, scenario) in needed() {
        let broken = Search::new(&World::new(scenario.clone(), Rules::without(rule)))
            .until_broken()
            .run();
        println!("{:40} {scenario}: {broken}", rule.without());
        failures += u32::from(broken.broken == 0.0);
    }
    assert_eq!(failures, 0, "rules that nothing needs");
}

#[test]
fn no_history_breaks() {
    let mut scenarios = ordinary();
    if std::env::var("CACHED_MODEL").is_ok_and(|set| set == "full") {
        scenarios.extend(full());
    }
    let mut failures = 0;
    for scenario in scenarios {
        let found = Search::new(&World::new(scenario.clone(), Rules::ALL))
            .until_broken()
            .run();
        println!("{scenario}: {found}");
        for line in &found.example {
            println!("    {line}");
        }
        failures += u32::from(found.broken > 0.0);
    }
    assert_eq!(failures, 0, "scenarios with broken histories");
}

#[test]
fn measure() {
    use scenario::*;
    let two = [call(0), call(0)];
    let three = [call(0), call(0), call(1)];
    for s in [
        Scenario::new(Start::Empty, &three, &[group(0)]),
        Scenario::new(Start::Valid, &two, &[group(0)]).faults(2, ALL_FAULTS),
        Scenario::new(Start::Valid, &three, &[exact(0)]).faults(1, ALL_FAULTS),
        Scenario::new(Start::Empty, &[call(0), call(1)], &[group(0)]).faults(2, ALL_FAULTS),
    ] {
        let found = Search::new(&World::new(s.clone(), Rules::ALL))
            .until_broken()
            .run();
        println!("MEASURE {s}: {found}");
        for line in &found.example {
            println!("    {line}");
        }
    }
}
