//! Forms of functions.

use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use cached_core::invalidates;
use serde::Serialize;

use super::{check_invalidates, check_keeps, mine};

/// Neither serde nor `Clone`.
struct Db;

#[derive(Serialize, Clone, Copy)]
struct Id(u64);

#[invalidates("user:{id}")]
async fn borrowed(id: &u64, db: &Db, list: &mut Vec<u8>) {
    let Db = db;
    list.push(1);
    let _ = id;
}

#[invalidates("user:{id}:{kind}")]
#[allow(clippy::needless_lifetimes)]
async fn lifetimes<'a>(id: u64, kind: &'a str, mut count: u64) -> (&'a str, u64) {
    count += id;
    (kind, count)
}

#[invalidates("user:{id}:{second}")]
async fn patterns(Id(id): Id, (first, second): (Db, &str), _: u8, _unused: Db) {
    let _ = (id, second);
    let Db = first;
}

#[invalidates("user:{_id}")]
async fn underscored(_id: u64) {}

#[invalidates("user:{id}", super::profile(id, team))]
async fn taken(id: u64, mut team: u32) -> u32 {
    team += 1;
    team
}

#[invalidates("user:{id}:{kind}")]
async fn generic<T, const N: usize>(id: T, kind: impl Display + Serialize) -> [String; N]
where
    T: Serialize + Display,
{
    [(); N].map(|()| format!("{id}{kind}"))
}

#[invalidates("user:{id}")]
async fn unnamed(id: u64) -> impl Iterator<Item = u64> {
    0..id
}

#[invalidates("user:{id}")]
async fn partly_unnamed(id: u64) -> Result<impl Fn() -> u64, std::num::ParseIntError> {
    let more: u64 = "1".parse()?;
    Ok(move || id + more)
}

#[invalidates("user:{ret}")]
async fn unnamed_and_read(id: u64) -> Option<impl Serialize + Copy> {
    Some(id)
}

#[invalidates("user:{id}")]
async fn conditional(id: u64, #[cfg(any())] trace: Trace, #[cfg(not(any()))] more: u64) -> u64 {
    id + more
}

/// Documented.
#[invalidates("user:{id}")]
#[must_use]
#[deprecated = "old"]
async fn attributes(id: u64) -> u64 {
    #![allow(clippy::let_and_return)]
    let more = id + 1;
    more
}

#[invalidates("user:{id}")]
#[cfg(any())]
async fn absent(id: Absent) {}

#[invalidates("user:{id}")]
async fn loops(id: u64) -> u64 {
    let mut number = 0;
    'all: loop {
        for _ in 0..3 {
            number += 1;
            if number >= id {
                break 'all number;
            }
        }
    }
}

#[invalidates("user:{id}")]
async fn recursive(id: u64, depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    Box::pin(recursive(id, depth - 1)).await + 1
}

#[invalidates("user:{id}")]
async fn empty(id: u64) {}

macro_rules! function {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($parameter:ident: $ty:ty) $body:block, $pattern:literal, $call:expr) => {
        $(#[$attribute])*
        #[invalidates($pattern, $call, tags = ["made:{ret}"])]
        $visibility async fn $name($parameter: $ty) -> $ty $body
    };
}

function! {
    /// Made by a macro.
    pub(crate) fn made(number: u64) { number }, "user:{number}:*", super::profile(number, 7)
}

macro_rules! with_hygiene {
    ($name:ident, $outer:ident) => {
        #[invalidates(super::profile(id, $outer))]
        async fn $name($outer: u32, id: u64) {}
    };
}

with_hygiene!(crossed, id);

#[tokio::test]
async fn functions_invalidate() {
    let mut list = Vec::new();
    check_invalidates(mine, borrowed(&42, &Db, &mut list)).await;
    assert_eq!(list, [1]);
    check_invalidates(mine, lifetimes(42, "profile", 1)).await;
    check_invalidates(mine, patterns(Id(42), (Db, "profile"), 1, Db)).await;
    check_invalidates(mine, underscored(42)).await;
    assert_eq!(check_invalidates(mine, taken(42, 7)).await, 8);
    let [name] = check_invalidates(mine, generic("42", "profile")).await;
    assert_eq!(name, "42profile");
    assert_eq!(check_invalidates(mine, unnamed(42)).await.count(), 42);
    let sum = check_invalidates(mine, partly_unnamed(42)).await.unwrap();
    assert_eq!(sum(), 43);
    assert!(
        check_invalidates(mine, unnamed_and_read(42))
            .await
            .is_some()
    );
    assert_eq!(check_invalidates(mine, conditional(42, 1)).await, 43);
    #[allow(deprecated)]
    let more = attributes(42);
    assert_eq!(check_invalidates(mine, more).await, 43);
    assert_eq!(check_invalidates(mine, loops(42)).await, 42);
    assert_eq!(check_invalidates(mine, recursive(42, 3)).await, 3);
    check_invalidates(mine, empty(42)).await;
    assert_eq!(check_invalidates(mine, made(42)).await, 42);
    check_invalidates(mine, crossed(7, 42)).await;
    check_keeps(mine, crossed(8, 42)).await;
}

struct Users {
    tenant: &'static str,
}

impl Users {
    #[invalidates("{self.tenant}:{id}")]
    async fn borrow(&self, id: u64) {}

    #[invalidates("{self.tenant}:{id}")]
    async fn change(&mut self, id: u64) -> &str {
        self.tenant = "";
        let _ = id;
        self.tenant
    }

    #[invalidates("{self.tenant}:{id}")]
    async fn consume(self, id: u64) -> Self {
        let _ = id;
        self
    }

    #[invalidates("{self.tenant}:{id}")]
    async fn share(self: Arc<Self>, id: u64) {}

    #[invalidates("user:{id}")]
    async fn made(id: u64) -> Self {
        let _ = id;
        Self { tenant: "user" }
    }
}

trait Store {
    async fn store(&self, id: u64) -> Result<(), ()>;

    #[invalidates("user:{id}")]
    async fn with_body(&self, id: u64) {}
}

impl Store for Users {
    #[invalidates("{self.tenant}:{id}")]
    async fn store(&self, id: u64) -> Result<(), ()> {
        if id == 0 { Err(()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn methods_invalidate() {
    let users = Users { tenant: "user" };
    check_invalidates(mine, users.borrow(42)).await;
    check_invalidates(mine, users.store(42)).await.unwrap();
    check_invalidates(mine, users.with_body(42)).await;
    check_invalidates(mine, Users::made(42)).await;
    let mut users = check_invalidates(mine, users.consume(42)).await;
    assert_eq!(check_invalidates(mine, users.change(42)).await, "");
    let users = Arc::new(Users { tenant: "user" });
    check_invalidates(mine, users.share(42)).await;
}

/// Not `Send`.
#[derive(Debug)]
struct Failure(#[allow(dead_code)] Rc<u8>);

#[invalidates("user:{id}", "user:{ret}")]
async fn fails_with_what_cannot_be_sent(id: u64) -> Result<u64, Failure> {
    tokio::task::yield_now().await;
    if id == 0 {
        return Err(Failure(Rc::new(1)));
    }
    Ok(id)
}

#[invalidates("user:{id}", "user:{ret}")]
async fn none_or_what_cannot_be_sent(id: u64) -> Result<Option<u64>, Box<dyn std::error::Error>> {
    if id == 0 {
        Err("nobody")?;
    }
    Ok(Some(id))
}

/// The error is gone before anything is awaited.
#[tokio::test]
async fn the_future_can_be_sent() {
    fn can_be_sent<F: Future + Send>(future: F) -> F {
        future
    }
    can_be_sent(fails_with_what_cannot_be_sent(0))
        .await
        .unwrap_err();
    check_invalidates(mine, can_be_sent(fails_with_what_cannot_be_sent(42)))
        .await
        .unwrap();
    can_be_sent(none_or_what_cannot_be_sent(0))
        .await
        .unwrap_err();
    check_invalidates(mine, can_be_sent(none_or_what_cannot_be_sent(42)))
        .await
        .unwrap();
    assert_eq!(can_be_sent(unnamed(4)).await.count(), 4);
}
