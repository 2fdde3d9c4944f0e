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
    let epochs = Epochs::new();
    let (ada, bob) = (Key::from("user:ada:name"), Key::from("user:bob:name"));
    let began = epochs.now();
    epochs.advance(&[group("%g:user:ada")]);
    assert_eq!(epochs.holds(&ada, began), None);
    let later = epochs.holds(&bob, began).unwrap();
    assert_eq!(later, epochs.now());
    assert!(epochs.holds(&ada, epochs.now()).is_some());

    epochs.advance(&[entry("user:ada:name"), group("%g:user:bob")]);
    assert_eq!(epochs.holds(&bob, later), None);
    assert!(
        epochs.holds(&ada, later).is_some(),
        "only the entry is gone, which left its place"
    );
    assert!(!epochs.holds_exactly(&ada, later));
    assert!(epochs.holds_exactly(&ada, epochs.now()));
}

#[test]
fn writes_by_key_leave_the_number_of_groups_alone() {
    let epochs = Epochs::new();
    let began = epochs.now();
    epochs.advance(&[Target::Entry("a".into())]);
    epochs.advance(&[]);
    assert_eq!(epochs.now().groups, began.groups);
    assert_ne!(epochs.now(), began);
}

#[test]
fn what_is_checked_is_known_until_the_next_invalidation() {
    let epochs = Epochs::new();
    let key = Key::from("user:ada");
    let checked = epochs.now().checked();
    assert!(epochs.confirms(&key, &checked));
    epochs.advance(&[group("%g:user:bob")]);
    assert!(epochs.confirms(&key, &checked));
    epochs.advance(&[group("%g:user")]);
    for _ in 0..2 {
        assert!(!epochs.confirms(&key, &checked));
    }
}

#[test]
fn what_is_older_than_all_that_is_remembered_no_longer_holds() {
    let epochs = Epochs::remembering(10);
    let key = Key::from("key");
    let began = epochs.now();
    for name in 0..10 {
        epochs.advance(&[group(&format!("%g:{name}"))]);
        assert!(epochs.holds(&key, began).is_some(), "{name}");
    }
    epochs.advance(&[group("%g:10")]);
    assert_eq!(epochs.holds(&key, began), None);
    for table in [&epochs.0.groups, &epochs.0.entries] {
        assert!(table.read().len() <= 10);
    }
}

#[test]
fn one_name_again_and_again_takes_no_room() {
    let epochs = Epochs::remembering(10);
    for _ in 0..1000 {
        epochs.advance(&[group("%g:a"), entry("a")]);
    }
    assert_eq!(epochs.0.groups.read().len(), 1);
    let began = epochs.now();
    epochs.advance(&[group("%g:a")]);
    assert!(epochs.holds(&"b".into(), began).is_some());
    assert_eq!(epochs.holds(&"a".into(), began), None);
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
        let epochs = Epochs::remembering(capacity);
        let mut history: Vec<Vec<String>> = Vec::new();
        let mut began = vec![(epochs.now(), 0)];
        let checked: Vec<_> = keys.iter().map(|_| epochs.now().checked()).collect();
        for step in steps {
            match step {
                Step::Begin => began.push((epochs.now(), history.len())),
                Step::Invalidate(targets) => {
                    let spelled: Vec<_> = targets
                        .iter()
                        .map(|target| match target.strip_prefix('=') {
                            Some(key) => entry(key),
                            None => group(&format!("%g:{target}")),
                        })
                        .collect();
                    epochs.advance(&spelled);
                    history.push(targets);
                }
                Step::Ask => {
                    for (key, checked) in keys.iter().zip(&checked) {
                        let covered = history.iter().flatten().any(|target| covers(target, key, false));
                        let forgets = history.iter().flatten().count() > capacity;
                        let confirmed = epochs.confirms(&key.as_str().into(), checked);
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
                    let (holds, exactly) = (epochs.holds(&key, *since), epochs.holds_exactly(&key, *since));
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
    let (epochs, key) = (Epochs::new(), Key::from("key"));
    let oldest = epochs.now();
    let (older, younger) = (epochs.begin(), epochs.begin());
    epochs.supersede(&key, older);
    assert!(!epochs.holds_exactly(&key, oldest));
    assert!(epochs.holds_exactly(&key, older));
    assert!(epochs.holds_exactly(&key, younger));
    epochs.supersede(&key, younger);
    assert!(!epochs.holds_exactly(&key, older));
    assert!(epochs.holds_exactly(&key, younger));
    epochs.supersede(&key, older);
    assert!(!epochs.holds_exactly(&key, older), "no way back");
    assert!(epochs.holds_exactly(&Key::from("other"), oldest));
}

#[test]
fn of_two_that_overlap_and_want_to_be_alone_the_second_to_end_is_refused() {
    let (epochs, key) = (Epochs::new(), Key::from("key"));
    let (older, younger) = (epochs.begin(), epochs.begin());
    let load = epochs.now();
    let ended = epochs.replace(&key, younger).unwrap();
    assert!(
        !epochs.holds_exactly(&key, load),
        "it began before that ended"
    );
    assert!(epochs.holds_exactly(&key, ended));
    assert!(epochs.replace(&key, older).is_none());
    assert!(epochs.replace(&key, ended).is_some(), "one after the other");
    assert!(epochs.holds_exactly(&Key::from("other"), older));
}
