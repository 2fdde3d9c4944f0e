//! No circle goes through several rooms: whatever the table says, the code itself goes one way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::arrows::{Place, arrows};
use crate::{
    crate_tree::CrateTree,
    report::{Rule, Violation},
};

type Arrows<'a> = BTreeMap<(String, String), Vec<Place<'a>>>;

pub(super) fn check(tree: &CrateTree) -> Vec<Violation> {
    let arrows = arrows(tree);
    let mut left: BTreeSet<&String> = arrows.keys().map(|(from, _)| from).collect();
    let mut violations = Vec::new();
    while let Some(room) = left.pop_first() {
        let Some(circle) = shortest_circle(&arrows, room) else {
            continue;
        };
        let reached = reached_from(&arrows, room);
        let tied: Vec<_> = reached
            .iter()
            .filter(|other| reached_from(&arrows, other).contains(room))
            .copied()
            .collect();
        for room in &tied {
            left.remove(room);
        }
        violations.push(violation(&arrows, &circle, tied.len()));
    }
    violations
}

fn violation(arrows: &Arrows<'_>, circle: &[&String], tied: usize) -> Violation {
    let step = |pair: &[&String]| {
        let Place { file, mention } = arrows[&(pair[0].clone(), pair[1].clone())][0];
        (
            format!("{} → {} ({file}:{})", pair[0], pair[1], mention.line),
            file.to_owned(),
            mention.line,
        )
    };
    let steps: Vec<_> = circle.windows(2).map(step).collect();
    let ways: Vec<_> = steps.iter().map(|(way, ..)| way.as_str()).collect();
    Violation {
        rule: Rule::Circles,
        file: steps[0].1.clone(),
        line: steps[0].2,
        message: format!(
            "one of the circles through {tied} rooms: {}",
            ways.join(", ")
        ),
    }
}

/// The rooms from `start` back to `start`, by the fewest arrows.
fn shortest_circle<'a>(arrows: &'a Arrows<'_>, start: &'a String) -> Option<Vec<&'a String>> {
    let mut queue = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = queue.pop_front() {
        for next in uses(arrows, way[way.len() - 1]) {
            let longer = [way.as_slice(), &[next]].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                queue.push_back(longer);
            }
        }
    }
    None
}

fn reached_from<'a>(arrows: &'a Arrows<'_>, start: &'a String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut left = vec![start];
    while let Some(room) = left.pop() {
        left.extend(uses(arrows, room).filter(|next| reached.insert(*next)));
    }
    reached
}

fn uses<'a>(arrows: &'a Arrows<'_>, room: &'a str) -> impl Iterator<Item = &'a String> {
    arrows
        .keys()
        .filter(move |(from, _)| from == room)
        .map(|(_, to)| to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn circle_is_reported_once_with_the_lines_that_draw_it() {
        let files = [
            ("lib.rs", "mod a; mod b; mod d; mod e;"),
            ("a.rs", "use crate::b;"),
            ("b.rs", "use crate::d;"),
            ("d.rs", "use crate::e;\nuse crate::a;"),
            ("e.rs", ""),
        ];
        let expected = [
            "c/src/a.rs:1: one of the circles through 3 rooms: a → b (c/src/a.rs:1), b → d (c/src/b.rs:1), \
             d → a (c/src/d.rs:2)",
        ];
        assert_eq!(found(&files, check), expected);
    }

    #[test]
    fn circle_inside_a_room_may_be() {
        let files = [
            ("lib.rs", "mod a;"),
            ("a.rs", "mod x; mod y;"),
            ("a/x.rs", "use super::y;"),
            ("a/y.rs", "use super::x;"),
        ];
        assert!(found(&files, check).is_empty());
    }
}
