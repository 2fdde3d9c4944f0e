use proptest::prelude::*;

use super::*;

fn group(name: &str) -> Target {
    Target::Group(name.to_owned())
}

fn entry(key: &str) -> Target {
    Target::Entry(key.into())
}

#[test]
fn what_is_invalidated_no_longer_holds_and_all_else_does() {
    let generations = Generations::new();
    let (ada, bob) = (Key::from("user:ada:name"), Key::from("user:bob:name"));
    let began = generations.now();
    generations.advance(&[group("%g:user:ada")]);
    assert_eq!(generations.holds(&ada, began), None);
    let later = generations.holds(&bob, began).unwrap();
    assert_eq!(later, generations.now());
    assert!(generations.holds(&ada, generations.now()).is_some());

    generations.advance(&[entry("user:ada:name"), group("%g:user:bob")]);
    assert_eq!(generations.holds(&bob, later), None);
    assert!(
        generations.holds(&ada, later).is_some(),
        "only the entry is gone, which left its place"
    );
    assert!(!generations.holds_exactly(&ada, later));
    assert!(generations.holds_exactly(&ada, generations.now()));
}

#[test]
fn writes_by_key_leave_the_number_of_groups_alone() {
    let generations = Generations::new();
    let began = generations.now();
    generations.advance(&[Target::Entry("a".into())]);
    generations.advance(&[]);
    assert_eq!(generations.now().groups, began.groups);
    assert_ne!(generations.now(), began);
}

#[test]
fn what_is_checked_is_known_until_the_next_invalidation() {
    let generations = Generations::new();
    let key = Key::from("user:ada");
    let checked = generations.now().checked();
    assert!(generations.confirms(&key, &checked));
    generations.advance(&[group("%g:user:bob")]);
    assert!(generations.confirms(&key, &checked));
    generations.advance(&[group("%g:user")]);
    for _ in 0..2 {
        assert!(!generations.confirms(&key, &checked));
    }
}

#[test]
fn what_is_older_than_all_that_is_remembered_no_longer_holds() {
    let generations = Generations::remembering(10);
    let key = Key::from("key");
    let began = generations.now();
    for name in 0..10 {
        generations.advance(&[group(&format!("%g:{name}"))]);
        assert!(generations.holds(&key, began).is_some(), "{name}");
    }
    generations.advance(&[group("%g:10")]);
    assert_eq!(generations.holds(&key, began), None);
    for table in [&generations.0.groups, &generations.0.entries] {
        assert!(table.read().len() <= 10);
    }
}

#[test]
fn one_name_again_and_again_takes_no_room() {
    let generations = Generations::remembering(10);
    for _ in 0..1000 {
        generations.advance(&[group("%g:a"), entry("a")]);
    }
    assert_eq!(generations.0.groups.read().len(), 1);
    let began = generations.now();
    generations.advance(&[group("%g:a")]);
    assert!(generations.holds(&"b".into(), began).is_some());
    assert_eq!(generations.holds(&"a".into(), began), None);
}

#[derive(Clone, Debug)]
enum Step {
    Begin,
    Invalidate(Vec<String>),
    Ask,
}

fn text() -> impl Strategy<Value = String> {
    "[ab](:[ab]){0,2}"
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Begin),
        Just(Step::Ask),
        prop::collection::vec(
            prop_oneof![text(), text().prop_map(|text| format!("={text}"))],
            1..4
        )
        .prop_map(Step::Invalidate),
    ]
}

fn covers(target: &str, key: &str, exactly: bool) -> bool {
    match target.strip_prefix('=') {
        Some(entry) => exactly && entry == key,
        None => key == target || key.starts_with(&format!("{target}:")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Beside a list of all invalidations: what one of them covers never holds. Everything else holds, unless
    /// more was invalidated since than is remembered.
    #[test]
    fn memory_is_never_wrong_and_forgets_only_what_is_old(
        capacity in 1..12_usize,
        steps in prop::collection::vec(step(), 1..40),
        keys in prop::collection::vec(text(), 1..4),
    ) {
        let generations = Generations::remembering(capacity);
        let mut history: Vec<Vec<String>> = Vec::new();
        let mut began = vec![(generations.now(), 0)];
        let checked: Vec<_> = keys.iter().map(|_| generations.now().checked()).collect();
        for step in steps {
            match step {
                Step::Begin => began.push((generations.now(), history.len())),
                Step::Invalidate(targets) => {
                    let spelled: Vec<_> = targets
                        .iter()
                        .map(|target| match target.strip_prefix('=') {
                            Some(key) => entry(key),
                            None => group(&format!("%g:{target}")),
                        })
                        .collect();
                    generations.advance(&spelled);
                    history.push(targets);
                }
                Step::Ask => {
                    for (key, checked) in keys.iter().zip(&checked) {
                        let covered = history.iter().flatten().any(|target| covers(target, key, false));
                        let forgets = history.iter().flatten().count() > capacity;
                        let confirmed = generations.confirms(&key.as_str().into(), checked);
                        prop_assert!(!(covered && confirmed));
                        prop_assert!(forgets || covered || confirmed);
                    }
                }
            }
            for (since, number) in &mut began {
                let after: Vec<_> = history.iter().skip(*number).flatten().collect();
                let forgets = after.len() > capacity;
                for text in &keys {
                    let key = Key::from(text);
                    let covered = |exactly| after.iter().any(|target| covers(target, text, exactly));
                    let (holds, exactly) = (generations.holds(&key, *since), generations.holds_exactly(&key, *since));
                    prop_assert!(!(covered(false) && holds.is_some()));
                    prop_assert!(!(covered(true) && exactly));
                    prop_assert!(forgets || covered(false) || holds.is_some());
                    prop_assert!(forgets || covered(true) || exactly);
                }
            }
        }
    }
}

#[test]
fn what_began_later_holds_whichever_ends_first() {
    let (generations, key) = (Generations::new(), Key::from("key"));
    let oldest = generations.now();
    let (older, younger) = (generations.begin(), generations.begin());
    generations.supersede(&key, older);
    assert!(!generations.holds_exactly(&key, oldest));
    assert!(generations.holds_exactly(&key, older));
    assert!(generations.holds_exactly(&key, younger));
    generations.supersede(&key, younger);
    assert!(!generations.holds_exactly(&key, older));
    assert!(generations.holds_exactly(&key, younger));
    generations.supersede(&key, older);
    assert!(!generations.holds_exactly(&key, older), "no way back");
    assert!(generations.holds_exactly(&Key::from("other"), oldest));
}

#[test]
fn of_two_that_overlap_and_want_to_be_alone_the_second_to_end_is_refused() {
    let (generations, key) = (Generations::new(), Key::from("key"));
    let (older, younger) = (generations.begin(), generations.begin());
    let load = generations.now();
    let ended = generations.replace(&key, younger).unwrap();
    assert!(
        !generations.holds_exactly(&key, load),
        "it began before that ended"
    );
    assert!(generations.holds_exactly(&key, ended));
    assert!(generations.replace(&key, older).is_none());
    assert!(
        generations.replace(&key, ended).is_some(),
        "one after the other"
    );
    assert!(generations.holds_exactly(&Key::from("other"), older));
}
