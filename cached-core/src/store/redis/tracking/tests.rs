use super::{
    table::{Table, WatchState},
    *,
};
use crate::format::entry::Token;

fn token(number: u128) -> Token {
    Token::read(format!("{number:032x}").as_bytes()).unwrap()
}

#[test]
fn a_token_counts_until_its_marker_changes() {
    let mut table = Table::new(8);
    let hold = table.begin_watch("a").unwrap();
    assert_eq!(table.find("a"), None, "it is on its way");
    assert_eq!(table.begin_watch("a"), None, "once is enough");
    table.learn_token(hold, Some(token(1)));
    let found = table.find("a").unwrap();
    assert_eq!(table.token(found), Some(token(1)));
    table.end_watch(b"a");
    assert_eq!(table.token(found), None);
    assert_eq!(table.find("a"), None);
}

#[test]
fn what_changed_on_the_way_is_not_learnt() {
    let mut table = Table::new(8);
    let first = table.begin_watch("a").unwrap();
    table.end_watch(b"a");
    let second = table.begin_watch("a").unwrap();
    table.learn_token(first, Some(token(1)));
    assert_eq!(table.find("a"), None);
    table.learn_token(second, Some(token(2)));
    assert_eq!(table.token(table.find("a").unwrap()), Some(token(2)));
}

#[test]
fn a_hold_does_not_pass_to_what_takes_its_slot() {
    for ends in [Table::end_all_watches, |table: &mut Table| {
        table.end_watch(b"a");
    }] {
        let mut table = Table::new(8);
        let hold = table.begin_watch("a").unwrap();
        table.learn_token(hold, Some(token(1)));
        let old = table.find("a").unwrap();
        ends(&mut table);
        let hold = table.begin_watch("b").unwrap();
        table.learn_token(hold, Some(token(2)));
        assert_eq!(table.token(old), None);
    }
}

#[test]
fn what_is_read_most_stays() {
    let mut table = Table::new(4);
    for name in ["a", "b", "c", "d"] {
        let hold = table.begin_watch(name).unwrap();
        table.learn_token(hold, Some(token(1)));
    }
    for number in 0..100 {
        assert!(table.find("a").is_some());
        let name = format!("more {number}");
        let hold = table.begin_watch(&name).unwrap();
        table.learn_token(hold, Some(token(2)));
        assert_eq!(table.state_of(&name), WatchState::Watched);
    }
}

#[test]
fn what_was_watched_for_long_is_begun_again() {
    let mut table = Table::new(8);
    let hold = table.begin_watch("a").unwrap();
    table.learn_token(hold, Some(token(1)));
    table.set_round(1);
    assert!(table.find("a").is_some() && table.state_of("a") == WatchState::Watched);
    let old = table.find("a").unwrap();
    table.set_round(2);
    assert!(table.find("a").is_none() && table.state_of("a") == WatchState::Over);
    assert_eq!(table.token(old), Some(token(1)), "for calls under way");
    let hold = table.begin_watch("a").unwrap();
    assert_eq!(table.token(old), None);
    table.learn_token(hold, Some(token(2)));
    assert_eq!(table.token(table.find("a").unwrap()), Some(token(2)));
    // A marker whose answer nobody takes is not on its way for ever.
    assert!(table.begin_watch("b").is_some() && table.begin_watch("b").is_none());
    table.set_round(4);
    assert!(table.begin_watch("b").is_some());
}

#[test]
fn a_question_without_an_answer_leaves_nothing() {
    let tracking = Pushes::default().watch();
    tracking.turn_on();
    for _ in 0..3 {
        let asking = tracking.begin(["a"].into_iter());
        drop(asking);
    }
    let mut asking = tracking.begin(["a"].into_iter());
    assert_eq!(asking.names(), ["a"]);
    asking.learn(Some(Value::Array(vec![Value::Nil])));
    drop(asking);
    let state = tracking.read().state_of("a");
    assert!(
        matches!(state, WatchState::Unknown(_)),
        "there is no marker to watch"
    );
}

#[test]
fn only_a_server_that_says_so_watches() {
    let text = |text: &str| Value::BulkString(text.into());
    let says = |flags: &[&str]| {
        let flags = flags.iter().map(|flag| text(flag)).collect();
        let info = vec![
            (text("flags"), Value::Set(flags)),
            (text("redirect"), Value::Int(0)),
        ];
        is_granted(vec![Value::Okay, Value::Okay, Value::Map(info)])
    };
    assert!(says(&["on", "optin", "caching-yes"]));
    assert!(says(&["caching-yes", "something", "optin", "on"]));
    // These are the flags of another connection, or answers to an `OK` that meant nothing.
    assert!(!says(&["off"]));
    assert!(!says(&["on", "optin"]));
    assert!(!is_granted(vec![Value::Okay, Value::Okay, Value::Okay]));
    assert!(!is_granted(vec![Value::Okay, Value::Okay]));
}

#[test]
fn what_the_server_tells_reaches_every_connection() {
    let pushes = Pushes::default();
    let all = [pushes.watch(), pushes.watch()];
    let told = |data| PushInfo {
        kind: PushKind::Invalidate,
        data,
    };
    let names = |names: &[&str]| {
        let names = names
            .iter()
            .map(|name| Value::BulkString(name.as_bytes().to_vec()));
        vec![Value::Array(names.collect())]
    };
    let learn = |name: &str| {
        for tracking in &all {
            let mut table = tracking.write();
            if let Some(hold) = table.begin_watch(name) {
                table.learn_token(hold, Some(token(1)));
            }
        }
    };
    let are_there = |name: &str| {
        all.each_ref()
            .map(|tracking| tracking.read().state_of(name) == WatchState::Watched)
    };
    for data in [names(&["b", "a"]), vec![Value::Nil]] {
        learn("a");
        assert_eq!(are_there("a"), [true; 2]);
        pushes.told(&told(data));
        assert_eq!(are_there("a"), [false; 2]);
    }
    learn("a");
    pushes.told(&told(names(&["b"])));
    assert_eq!(are_there("a"), [true; 2]);
}
