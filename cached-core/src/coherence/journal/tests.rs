use proptest::prelude::*;

use super::*;

fn target(text: &str) -> Target {
    match text.strip_prefix('=') {
        Some(key) => Target::Entry(key.into()),
        None if text == "*" => Target::Group(group::NAMESPACE.to_owned()),
        None => Target::Group(group::of_prefix(text)),
    }
}

fn targets(texts: &[&str]) -> Vec<Target> {
    texts.iter().map(|text| target(text)).collect()
}

fn covers(journal: &Journal, key: &str) -> bool {
    journal.covers(&key.into())
}

fn due(journal: &Journal) -> Vec<Target> {
    let due = journal.take_due(usize::MAX);
    due.iter().flat_map(TargetBatch::targets).cloned().collect()
}

#[test]
fn what_is_prepared_or_being_sent_covers_nothing() {
    let journal = Journal::new(10);
    let prepared = journal.prepare(targets(&["user:42"]));
    assert!(!covers(&journal, "user:42:name") && journal.is_empty());
    let committed = prepared.commit();
    assert!(!covers(&journal, "user:42:name"));
    assert_eq!((journal.len(), due(&journal)), (1, vec![]));
    assert_eq!(committed.settle([true]), Invalidated::Applied);
    assert!(journal.is_empty());
    journal.prepare(targets(&["user:42"])).discard();
    assert!(journal.is_empty() && !journal.is_due());
}

#[test]
fn what_is_not_confirmed_covers_until_it_is() {
    let journal = Journal::new(10);
    let entered = journal.enter(targets(&["user:42", "=other"]));
    assert_eq!(entered.settle([false, true]), Invalidated::Postponed);
    assert!(covers(&journal, "user:42:name"));
    assert!(!covers(&journal, "user:43:name") && !covers(&journal, "other"));
    let sent = journal.take_due(10).unwrap();
    assert!(covers(&journal, "user:42:name"));
    journal.acknowledge(&sent, [false]);
    assert!(covers(&journal, "user:42:name"));
    journal.acknowledge(&sent, [true]);
    assert!(!covers(&journal, "user:42:name"));
    assert!(journal.is_empty() && journal.take_due(10).is_none());
}

#[test]
fn caller_that_goes_away_leaves_a_postponed_invalidation() {
    let journal = Journal::new(10);
    let mut prepared = journal.prepare(targets(&["a"]));
    prepared.add(targets(&["b"]));
    drop(prepared);
    assert!(covers(&journal, "a") && covers(&journal, "b:x"));
    drop(journal.enter(targets(&["=c"])));
    assert!(covers(&journal, "c") && !covers(&journal, "c:x"));
    assert_eq!(due(&journal).len(), 3);
}

#[test]
fn acknowledgement_removes_only_what_was_there_when_it_was_sent() {
    let journal = Journal::new(10);
    let first = journal.enter(targets(&["a"]));
    drop(journal.enter(targets(&["a"])));
    assert_eq!(first.settle([true]), Invalidated::Applied);
    assert!(
        covers(&journal, "a"),
        "the second was entered after the first was sent"
    );

    let sent = journal.take_due(10).unwrap();
    let third = journal.enter(targets(&["a"]));
    journal.acknowledge(&sent, [true]);
    assert!(!covers(&journal, "a"));
    assert_eq!(journal.len(), 1, "the third is still on its way");
    assert_eq!(third.settle([false]), Invalidated::Postponed);
    assert!(covers(&journal, "a"));
}

#[test]
fn later_command_confirms_an_earlier_invalidation() {
    let journal = Journal::new(10);
    let first = journal.enter(targets(&["a"]));
    let second = journal.enter(targets(&["a"]));
    assert_eq!(second.settle([true]), Invalidated::Applied);
    assert!(journal.is_empty());
    let third = journal.enter(targets(&["a"]));
    assert_eq!(first.settle([false]), Invalidated::Applied);
    assert!(!covers(&journal, "a"));
    drop(third);
    assert!(covers(&journal, "a"));
}

#[test]
fn namespace_takes_the_place_of_too_many() {
    let journal = Journal::new(3);
    let waiting = journal.enter(targets(&["a"]));
    drop(journal.enter(targets(&["b", "=c"])));
    let confirmed = journal.enter(targets(&["d"]));
    assert_eq!(due(&journal), targets(&["*"]));
    assert!(covers(&journal, "whatever"));
    assert_eq!(confirmed.settle([true]), Invalidated::Applied);
    assert_eq!(waiting.settle([false]), Invalidated::Postponed);

    let late = journal.enter(targets(&["e"]));
    let sent = journal.take_due(10).unwrap();
    journal.acknowledge(&sent, [true]);
    assert!(!covers(&journal, "whatever"));
    assert_eq!(
        late.settle([false]),
        Invalidated::Postponed,
        "only its own was sent"
    );
    assert!(covers(&journal, "e") && !covers(&journal, "a"));
}

#[test]
fn what_waits_longest_is_sent_first() {
    let journal = Journal::new(100);
    for name in ["a", "b", "c", "d", "e"] {
        drop(journal.enter(targets(&[name])));
    }
    let round = || {
        let sent = journal.take_due(2).unwrap();
        let mut names: Vec<_> = sent.targets().cloned().collect();
        names.sort_by_key(|target| format!("{target:?}"));
        names
    };
    assert_eq!(round(), targets(&["a", "b"]));
    assert_eq!(round(), targets(&["c", "d"]));
    assert!(
        round().contains(&target("e")),
        "not the first ones again, if they fail"
    );
}

#[tokio::test]
async fn whoever_waits_for_an_empty_journal_is_told() {
    let journal = Journal::new(10);
    journal.wait_until_empty().await;
    drop(journal.enter(targets(&["a"])));
    let entered = journal.enter(targets(&["b"]));
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.wait_until_empty().await }
    });
    tokio::task::yield_now().await;
    journal.acknowledge(&journal.take_due(10).unwrap(), [true]);
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    let _ = entered.settle([true]);
    waiting.await.unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Prepare(Vec<&'static str>),
    Commit(usize),
    Discard(usize),
    DropPrepared(usize),
    Enter(Vec<&'static str>),
    Settle(usize, Vec<bool>),
    DropCommitted(usize),
    Due(usize),
    Acknowledge(usize, Vec<bool>),
}

fn step() -> impl Strategy<Value = Step> {
    let names = || {
        let name = prop::sample::select(vec!["a", "b", "a:b", "=a", "=a:b", "c", "*"]);
        prop::collection::vec(name, 1..3)
    };
    let replies = || prop::collection::vec(any::<bool>(), 0..4);
    let any = || 0..8_usize;
    prop_oneof![
        1 => names().prop_map(Step::Prepare),
        1 => any().prop_map(Step::Commit),
        1 => any().prop_map(Step::Discard),
        1 => any().prop_map(Step::DropPrepared),
        3 => names().prop_map(Step::Enter),
        3 => (any(), replies()).prop_map(|(index, replies)| Step::Settle(index, replies)),
        1 => any().prop_map(Step::DropCommitted),
        2 => (1..5_usize).prop_map(Step::Due),
        2 => (any(), replies()).prop_map(|(index, replies)| Step::Acknowledge(index, replies)),
    ]
}

/// A list of everything that was ever entered, and of every command that was confirmed.
#[derive(Default)]
struct Model {
    time: u64,
    entered: Vec<Entered>,
    /// A target, and the time at which the command was sent.
    confirmed: Vec<(Target, u64)>,
}

#[derive(Clone)]
struct Entered {
    at: u64,
    target: Target,
    postponed: bool,
}

impl Model {
    fn now(&mut self) -> u64 {
        self.time += 1;
        self.time
    }

    fn enter<'a>(&mut self, targets: impl Iterator<Item = &'a Target>) -> u64 {
        let at = self.now();
        let open = |target: &Target| Entered {
            at,
            target: target.clone(),
            postponed: false,
        };
        self.entered.extend(targets.map(open));
        at
    }

    fn postpone(&mut self, at: u64) {
        for open in &mut self.entered {
            open.postponed |= open.at == at;
        }
    }

    fn confirm(&mut self, at: u64, targets: &[Target], replies: &[bool]) {
        for (target, _) in targets.iter().zip(replies).filter(|(_, reply)| **reply) {
            self.confirmed.push((target.clone(), at));
        }
    }

    /// Returns `true` if a command that was sent later deleted its target; if `generous`, or the whole namespace.
    fn is_confirmed(&self, open: &Entered, generous: bool) -> bool {
        self.confirmed.iter().any(|(target, at)| {
            *at >= open.at && (*target == open.target || generous && *target == self::target("*"))
        })
    }

    fn covers(&self, key: &Key, generous: bool) -> bool {
        let mut names = Vec::new();
        group::each(key, |name| names.push(name.to_owned()));
        let covers = |target: &Target| match target {
            Target::Group(name) => names.contains(name),
            Target::Entry(entry) => entry == key,
        };
        self.entered.iter().any(|open| {
            open.postponed && covers(&open.target) && !self.is_confirmed(open, generous)
        })
    }
}

fn pick<T>(from: &mut Vec<T>, index: usize) -> Option<T> {
    (!from.is_empty()).then(|| {
        let index = index % from.len();
        from.swap_remove(index)
    })
}

fn run(capacity: usize, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let journal = Journal::new(capacity);
    let overflows = capacity < 7;
    let mut model = Model::default();
    let (mut prepared, mut entered, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Prepare(names) => prepared.push(journal.prepare(targets(&names))),
            Step::Commit(index) => entered.extend(pick(&mut prepared, index).map(|taken| {
                let at = model.enter(taken.targets().iter());
                (at, taken.commit())
            })),
            Step::Discard(index) => {
                if let Some(taken) = pick(&mut prepared, index) {
                    taken.discard();
                }
            }
            Step::DropPrepared(index) => {
                if let Some(taken) = pick(&mut prepared, index) {
                    let at = model.enter(taken.targets().iter());
                    model.postpone(at);
                }
            }
            Step::Enter(names) => {
                let at = model.enter(targets(&names).iter());
                entered.push((at, journal.enter(targets(&names))));
            }
            Step::Settle(index, replies) => {
                if let Some((at, now)) = pick(&mut entered, index) {
                    let targets: Vec<_> = now.batch().targets().cloned().collect();
                    model.confirm(at, &targets, &replies);
                    model.postpone(at);
                    let mine: Vec<_> = model.entered.iter().filter(|open| open.at == at).collect();
                    let confirmed =
                        |generous| mine.iter().all(|open| model.is_confirmed(open, generous));
                    let outcome = now.settle(replies);
                    prop_assert!(!outcome.is_applied() || confirmed(true));
                    prop_assert!(outcome.is_applied() || overflows || !confirmed(false));
                }
            }
            Step::DropCommitted(index) => {
                if let Some((at, _)) = pick(&mut entered, index) {
                    model.postpone(at);
                }
            }
            Step::Due(limit) => {
                if let Some(batch) = journal.take_due(limit) {
                    prop_assert!(batch.targets().len() <= limit);
                    sent.push((model.now(), batch));
                }
            }
            Step::Acknowledge(index, replies) => {
                if let Some((at, batch)) = pick(&mut sent, index) {
                    let targets: Vec<_> = batch.targets().cloned().collect();
                    model.confirm(at, &targets, &replies);
                    journal.acknowledge(&batch, replies);
                }
            }
        }
        prop_assert!(journal.len() <= capacity);
        for key in ["a", "a:b", "b", "c", "a:b:c"] {
            let (key, name) = (Key::from(key), key);
            // Without an overflow exactly what is postponed covers, and with one nothing less.
            prop_assert!(
                journal.covers(&key) || !model.covers(&key, true),
                "{name} is trusted"
            );
            prop_assert!(
                overflows || model.covers(&key, false) || !journal.covers(&key),
                "{name} is not"
            );
        }
        prop_assert_eq!(journal.is_due(), journal.take_due(1).is_some());
    }
    drop((prepared, entered));
    while let Some(batch) = journal.take_due(2) {
        journal.acknowledge(&batch, [true, true]);
    }
    prop_assert!(
        journal.is_empty() && !journal.is_due(),
        "everything can be confirmed in the end"
    );
    Ok(())
}

proptest! {
    #[test]
    fn journal_is_a_list_of_what_is_open(steps in prop::collection::vec(step(), 1..60)) {
        run(7, steps)?;
    }

    #[test]
    fn journal_that_overflows_loses_nothing(capacity in 1..5_usize, steps in prop::collection::vec(step(), 1..60)) {
        run(capacity, steps)?;
    }
}
