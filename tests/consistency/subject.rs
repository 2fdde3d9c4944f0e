//! The subject itself, cached-core, by every way there is to read it and to make it forget.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cached_core::{Cache, Error, ErrorKind, Invalidated, Pattern, Tag, cached, invalidates};

use crate::rng::Rng;
use crate::versions::{Row, Scope};
use crate::world::{Done, How, Stamp, Subject, World};

#[cached(ttl = "1h", prefix = "user:{user}:profile", id = "consistency-profile")]
async fn profile(user: u64, #[cached(skip)] world: World, #[cached(skip)] rng: Rng) -> Stamp {
    world.load(Row::Profile { user }, rng).await
}

/// The same in the next version of the service, while the old one still runs.
#[cached(
    ttl = "1h",
    prefix = "user:{user}:profile",
    id = "consistency-profile",
    version = 2
)]
async fn next_profile(user: u64, #[cached(skip)] world: World, #[cached(skip)] rng: Rng) -> Stamp {
    world.load(Row::Profile { user }, rng).await
}

#[cached(
    ttl = "60ms",
    jitter = "50%",
    stale_while_revalidate = "100ms",
    prefix = "user:{user}:grade:{course}",
    tags = ["course:{course}", "everything"]
)]
async fn grade(
    user: u64,
    course: u64,
    #[cached(skip)] world: World,
    #[cached(skip)] rng: Rng,
) -> Option<Stamp> {
    Some(world.load(Row::Grade { user, course }, rng).await)
}

#[cached(
    ttl = "400ms",
    stale_while_revalidate = "50ms",
    stale_if_error = "1h",
    prefix = "user:{user}:summary"
)]
async fn summary(
    user: u64,
    language: u64,
    #[cached(skip)] world: World,
    #[cached(skip)] mut rng: Rng,
) -> Result<Stamp, Refused> {
    if rng.percent(20) {
        rng.pause().await;
        return Err(Refused);
    }
    Ok(world.load(Row::Summary { user, language }, rng).await)
}

/// The error of a body that fails; nothing was written then.
#[derive(Clone, Debug)]
struct Refused;

/// A write to the database, under way.
struct Edit {
    world: World,
    row: Row,
    scope: Scope,
    rng: Rng,
}

impl Edit {
    async fn run(mut self) -> Result<Done, Refused> {
        let Self {
            world, row, rng, ..
        } = &mut self;
        rng.pause().await;
        if rng.percent(10) {
            return Err(Refused);
        }
        let version = write(world, *row).await;
        rng.pause().await;
        Ok(Done {
            began: world.history().tick(),
            version,
            scope: self.scope,
            applied: true,
            how: "annotated",
        })
    }
}

/// The new version, or 0 if another process is to write this row.
async fn write(world: &World, row: Row) -> u64 {
    if !matches!(row, Row::Note { .. }) {
        return world.history().write(row);
    }
    match world.writer(row).await {
        Some(_alone) => world.history().write(row),
        None => 0,
    }
}

#[invalidates(profile(user))]
async fn edit_profile(user: u64, edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates(grade(user, course))]
async fn edit_grade(user: u64, course: u64, edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates(summary(user, language))]
async fn edit_summary(user: u64, language: u64, edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates("user:{user}:note")]
async fn edit_note(user: u64, edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates("user:{user}:*")]
async fn edit_user(user: u64, edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates(tags = ["course:{course}"])]
async fn edit_course(course: u64, edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates(profile(..))]
async fn edit_profiles(edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates(grade(..))]
async fn edit_grades(edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates(summary(..))]
async fn edit_summaries(edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates("user:*", tags = ["everything"])]
async fn edit_users(edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

#[invalidates("*")]
async fn edit_all(edit: Edit) -> Result<Done, Refused> {
    edit.run().await
}

/// A handle of cached-core, as if each were a process.
#[derive(Clone, Debug)]
pub(crate) struct CachedCore {
    cache: Cache,
    /// True if what an annotated function invalidates may be taken for applied: it does not say.
    is_quiet: bool,
    /// True if it keeps what it loads in an outage.
    keeps: bool,
}

impl CachedCore {
    /// A handle on a server that always answers.
    pub(crate) fn on_quiet(cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            is_quiet: true,
            keeps: false,
        }
    }

    /// A handle on a server that may be away: what does not say that it was applied is taken for postponed.
    pub(crate) fn on_flaky(cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            is_quiet: false,
            keeps: false,
        }
    }

    /// The same, of a cache that keeps in an outage what it loads.
    pub(crate) fn on_flaky_and_keeping(cache: &Cache) -> Self {
        Self {
            keeps: true,
            ..Self::on_flaky(cache)
        }
    }

    async fn note(&self, user: u64, world: &World, rng: &mut Rng) -> (How, Option<Stamp>) {
        let (cache, key) = (&self.cache, note(user));
        let ttl = Duration::from_millis(20 + rng.below(400));
        // What fails has no answer.
        match rng.below(20) {
            0..=12 => {
                let load = world.load(Row::Note { user }, rng.fork());
                let loaded = cache
                    .get_or_load(key, ttl, async || Ok::<_, Refused>(load.await))
                    .await;
                ("get_or_load", loaded.ok())
            }
            13..=15 => ("get", cache.get(key).await.unwrap_or(None)),
            16 => {
                let found = cache.get_many([key]).await.unwrap_or_default();
                ("get_many", found.first().copied().flatten())
            }
            17 => ("take", cache.take(key).await.unwrap_or(None)),
            _ => {
                let _ = cache.touch(key.as_str(), ttl).await;
                ("touch, get", cache.get(key).await.unwrap_or(None))
            }
        }
    }

    async fn annotated(&self, row: Row, edit: Edit) -> Result<Done, Refused> {
        let user = row.user();
        let mut done = match (edit.scope, row) {
            (Scope::Call, Row::Profile { user }) => edit_profile(user, edit).await,
            (Scope::Call, Row::Grade { user, course }) => edit_grade(user, course, edit).await,
            (Scope::Call, Row::Summary { user, language }) => {
                edit_summary(user, language, edit).await
            }
            (Scope::Call, Row::Note { user }) => edit_note(user, edit).await,
            (Scope::User, _) => edit_user(user, edit).await,
            (Scope::Course, Row::Grade { course, .. }) => edit_course(course, edit).await,
            (Scope::Function, Row::Profile { .. }) => edit_profiles(edit).await,
            (Scope::Function, Row::Grade { .. }) => edit_grades(edit).await,
            (Scope::Function, Row::Summary { .. }) => edit_summaries(edit).await,
            (Scope::Users, _) => edit_users(edit).await,
            (Scope::Namespace, _) => edit_all(edit).await,
            (Scope::Course | Scope::Function, _) => unreachable!("chosen by the row"),
        }?;
        done.applied &= self.is_quiet;
        Ok(done)
    }

    async fn invalidate(
        &self,
        scope: Scope,
        row: Row,
        rng: &mut Rng,
    ) -> Result<Invalidated, Error> {
        let (cache, user, other) = (&self.cache, row.user(), rng.percent(50));
        let users = |user: u64| ["user".to_owned(), user.to_string()];
        match (scope, row) {
            (Scope::Call, Row::Profile { user }) if other => {
                cache.invalidate(next_profile::key(user)).await
            }
            (Scope::Call, Row::Profile { user }) => {
                cache.invalidate(format!("user:{user}:profile")).await
            }
            (Scope::Call, Row::Grade { user, course }) => {
                cache.scope(grade::invalidate(user, course)).await
            }
            (Scope::Call, Row::Summary { user, language }) => {
                cache.scope(summary::invalidate(user, language)).await
            }
            (Scope::Call, Row::Note { user }) => cache.invalidate(note(user)).await,
            (Scope::User, _) if other => cache.invalidate(format!("user:{user}:*")).await,
            (Scope::User, _) => cache.invalidate(Pattern::from_segments(users(user))).await,
            (Scope::Course, Row::Grade { course, .. }) if other => {
                let tag = Tag::from_segments(["course".to_owned(), course.to_string()]);
                cache.invalidate_tag(tag).await
            }
            (Scope::Course, Row::Grade { course, .. }) => {
                cache.invalidate_tag(format!("course:{course}")).await
            }
            (Scope::Users, _) => cache.invalidate("user").await,
            (Scope::Namespace, _) if other => cache.invalidate("*").await,
            (Scope::Namespace, _) => cache.clear().await,
            (Scope::Course | Scope::Function, _) => unreachable!("chosen by the row"),
        }
    }

    /// As [`invalidate`](Self::invalidate), by what also gives room, where there is such a way.
    async fn delete(&self, scope: Scope, row: Row) -> Option<Result<Invalidated, Error>> {
        let key = match (scope, row) {
            (Scope::User, _) => {
                let purged = self.cache.purge(&format!("user:{}:*", row.user())).await;
                return Some(purged.map(|_| Invalidated::Applied));
            }
            (Scope::Call, Row::Summary { user, language }) => summary::key(user, language),
            (Scope::Call, Row::Note { user }) => note(user).into(),
            _ => return None,
        };
        let deleted = self.cache.delete(key).await;
        Some(deleted.map(|_| Invalidated::Applied))
    }

    /// Writes through the cache: what it returns is what later calls get, or something newer.
    async fn replace(&self, world: &World, row: Row, rng: &mut Rng) -> Option<Done> {
        let (world_of_body, rng_of_body) = (world.clone(), rng.fork());
        let version = match row {
            Row::Grade { user, course } => {
                let refresh = grade::refresh(user, course, world_of_body, rng_of_body);
                self.cache.scope(refresh).await?.version
            }
            Row::Summary { user, language } => {
                let refresh = summary::refresh(user, language, world_of_body, rng_of_body);
                self.cache.scope(refresh).await.ok()?.version
            }
            // Refreshes one of its two versions only.
            Row::Profile { .. } => return None,
            Row::Note { user } => {
                let _alone = world.writer(row).await?;
                let version = world.history().write(row);
                let stamp = Stamp {
                    row: row.index(),
                    version,
                    began: None,
                };
                let ttl = Duration::from_millis(20 + rng.below(400));
                self.cache.set(note(user), &stamp, ttl).await.ok()?;
                world.history().was_set(version);
                version
            }
        };
        Some(Done {
            began: 0,
            version,
            scope: Scope::Call,
            applied: self.is_quiet,
            how: "replaced",
        })
    }
}

/// Calls the function that shows `row`; `None` if it fails.
async fn call(row: Row, world: World, rng: &mut Rng) -> Option<Stamp> {
    let (next, rng) = (rng.percent(50), rng.fork());
    match row {
        Row::Profile { user } if next => Some(next_profile(user, world, rng).await),
        Row::Profile { user } => Some(profile(user, world, rng).await),
        Row::Grade { user, course } => grade(user, course, world, rng).await,
        Row::Summary { user, language } => summary(user, language, world, rng).await.ok(),
        Row::Note { .. } => unreachable!("a note is no function"),
    }
}

/// Returns what [`call`] would return without a load.
async fn peek(row: Row, rng: &mut Rng) -> Option<Stamp> {
    match row {
        Row::Profile { user } if rng.percent(50) => next_profile::peek(user).await,
        Row::Profile { user } => profile::peek(user).await,
        Row::Grade { user, course } => grade::peek(user, course).await?,
        Row::Summary { user, language } => summary::peek(user, language).await?.ok(),
        Row::Note { .. } => unreachable!("a note is no function"),
    }
}

fn note(user: u64) -> String {
    format!("user:{user}:note")
}

impl Subject for CachedCore {
    fn is_apart(&self) -> bool {
        if !self.keeps {
            return false;
        }
        // A cache that does not ask its server says so at once.
        let exists = pin!(self.cache.exists("a"));
        let answer = exists.poll(&mut Context::from_waker(Waker::noop()));
        matches!(answer, Poll::Ready(Err(error)) if error.kind() == ErrorKind::Unavailable)
    }

    async fn read(&self, world: &World, row: Row, rng: &mut Rng) -> (How, Option<Stamp>) {
        if let Row::Note { user } = row {
            return self.note(user, world, rng).await;
        }
        if rng.percent(10) {
            return ("peek", self.cache.scope(peek(row, rng)).await);
        }
        let stamp = self.cache.scope(call(row, world.clone(), rng)).await;
        ("call", stamp)
    }

    async fn change(&self, world: &World, row: Row, rng: &mut Rng) -> Option<Done> {
        let scope = Scope::any(rng, row);
        match rng.below(10) {
            0..=1 => self.replace(world, row, rng).await,
            2..=5 => {
                let edit = Edit {
                    world: world.clone(),
                    row,
                    scope,
                    rng: rng.fork(),
                };
                let edited = self.cache.scope(self.annotated(row, edit)).await;
                edited.ok()
            }
            // Only an annotation names all of a function.
            _ if scope == Scope::Function => None,
            6 => {
                let edit = Edit {
                    world: world.clone(),
                    row,
                    scope,
                    rng: rng.fork(),
                };
                let mut rng = rng.fork();
                let transaction = self.cache.after(async {
                    // First: a caller that goes away between the two has written, and nobody is told. A database
                    // would take that back, this one does not.
                    let _ = self.invalidate(scope, row, &mut rng).await;
                    let done = edit.run().await?;
                    rng.pause().await;
                    // What was invalidated inside is applied behind this.
                    let began = world.history().tick();
                    let how = "after";
                    Ok::<_, Refused>(Done { began, how, ..done })
                });
                let mut done = transaction.await.ok()?;
                done.applied &= self.is_quiet;
                Some(done)
            }
            _ => {
                let version = write(world, row).await;
                let began = world.history().tick();
                let deleted = if rng.percent(25) {
                    self.delete(scope, row).await
                } else {
                    None
                };
                let (how, invalidated) = match deleted {
                    Some(deleted) => ("deleted", deleted.ok()?),
                    None => ("invalidated", self.invalidate(scope, row, rng).await.ok()?),
                };
                Some(Done {
                    began,
                    version,
                    scope,
                    applied: invalidated.is_applied(),
                    how,
                })
            }
        }
    }
}
