//! Tags of a cached function, and its companion `invalidate`.

use std::sync::Arc;

use cached_core::{Cache, Error, Invalidated, cached};
use serde::Serialize;

use super::{Runs, check_invalidates, check_keeps};

/// Two fields to name.
#[derive(Serialize)]
pub(crate) struct Lesson {
    course: u32,
    number: u32,
}

/// Documented.
#[cached(ttl = "5m", prefix = "lesson:{number}", tags = ["course:{course}", "lessons"])]
pub(crate) async fn text(course: u32, number: u32) -> u32 {
    Runs::add() + course + number
}

#[cached(tags = ["course:{lesson.course}:{lesson.number}", "{r#type}"], skip(lesson))]
async fn of_struct(lesson: &Lesson, r#type: u8) -> u32 {
    Runs::add() + lesson.number + u32::from(r#type)
}

#[cached(key = number, tags = ["course:{course}"])]
async fn by_key(course: u32, number: u32, ignored: u32) -> u32 {
    Runs::add() + course + number + ignored
}

/// A school.
pub(crate) struct School {
    id: u32,
    cache: Cache,
}

impl School {
    #[cached(prefix = "school:{self.id}", tags = ["town:{town}"])]
    async fn pupils(&self, town: &str) -> usize {
        let _ = Runs::add();
        town.len()
    }

    /// Documented.
    #[cached(skip(self), cache = self.cache, companions = cached_plan)]
    pub(crate) async fn plan(self: Arc<Self>, day: u8) -> u32 {
        Runs::add() + u32::from(day)
    }
}

async fn applied(invalidation: impl Future<Output = Result<Invalidated, Error>>) {
    assert!(invalidation.await.unwrap().is_applied());
}

#[tokio::test]
async fn a_tag_reaches_all_that_has_it() {
    let tag = async |tag: &str| applied(Cache::current().invalidate_tag(tag)).await;
    check_invalidates(|| text(1, 2), tag("course:1")).await;
    check_invalidates(|| text(1, 2), tag("lessons")).await;
    check_keeps(|| text(1, 2), tag("course:2")).await;
    check_keeps(|| text(1, 2), tag("course")).await;
    let lesson = Lesson {
        course: 1,
        number: 2,
    };
    check_invalidates(|| of_struct(&lesson, 7), tag("course:1:2")).await;
    check_invalidates(|| of_struct(&lesson, 7), tag("7")).await;
    check_keeps(|| of_struct(&lesson, 7), tag("course:1")).await;
    check_invalidates(|| by_key(1, 2, 3), tag("course:1")).await;
    let cache = Cache::in_memory().unwrap();
    let school = School { id: 1, cache };
    check_invalidates(|| school.pupils("Ulm"), tag("town:Ulm")).await;
}

#[test]
fn what_a_tag_names_is_part_of_the_key() {
    assert_ne!(by_key::key(1, 2, 3), by_key::key(2, 2, 3));
    assert_eq!(
        of_struct::key(
            &Lesson {
                course: 1,
                number: 2
            },
            7
        ),
        of_struct::key(
            &Lesson {
                course: 1,
                number: 2
            },
            7
        )
    );
    assert_ne!(
        of_struct::key(
            &Lesson {
                course: 1,
                number: 2
            },
            7
        ),
        of_struct::key(
            &Lesson {
                course: 1,
                number: 3
            },
            7
        )
    );
}

#[tokio::test]
async fn the_companion_invalidates_one_call() {
    let invalidated = check_invalidates(|| text(1, 2), text::invalidate(1, 2)).await;
    assert_eq!(invalidated.ok(), Some(Invalidated::Applied));
    check_keeps(|| text(1, 2), applied(text::invalidate(1, 3))).await;
    let lesson = Lesson {
        course: 1,
        number: 2,
    };
    check_invalidates(
        || of_struct(&lesson, 7),
        applied(of_struct::invalidate(&lesson, 7)),
    )
    .await;
    check_keeps(
        || of_struct(&lesson, 7),
        applied(of_struct::invalidate(&lesson, 8)),
    )
    .await;
    check_invalidates(|| by_key(1, 2, 3), applied(by_key::invalidate(1, 2, 4))).await;
}

#[tokio::test]
async fn the_companion_of_a_method_is_a_method() {
    let cache = Cache::in_memory().unwrap();
    let school = Arc::new(School { id: 1, cache });
    check_invalidates(
        || school.pupils("Ulm"),
        applied(school.pupils_invalidate("Ulm")),
    )
    .await;
    check_keeps(
        || school.pupils("Ulm"),
        applied(school.pupils_invalidate("Bonn")),
    )
    .await;
    let day = |day| school.clone().plan(day);
    check_invalidates(|| day(1), applied(school.clone().cached_plan_invalidate(1))).await;
}

#[tokio::test]
async fn companions_make_futures_that_can_be_spawned() {
    let task = tokio::spawn(text::invalidate(1, 2));
    assert!(task.await.unwrap().is_ok());
}
