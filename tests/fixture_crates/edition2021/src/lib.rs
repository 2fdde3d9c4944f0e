//! Functions of the edition before: `Future` is not in the prelude, `gen` is a name, and an `impl Trait` that is
//! returned borrows only what it says.
//!
//! `count` stands for what a function does when it runs.

use std::future::Future;
use std::pin::Pin;

use cached_core::{cached, invalidates};

/// The number of runs of a body.
pub type Count = fn() -> u32;

/// What is under a name of the next edition's keyword.
#[cached(ttl = "5m", prefix = "gen:{gen}")]
pub async fn gen(gen: &str, #[cached(skip)] count: Count) -> Option<String> {
    count();
    Some(gen.chars().next()?.to_string())
}

/// Changes what [`gen`] gives.
#[invalidates("gen:{gen}", gen(gen))]
pub async fn change(gen: &str) {}

/// Says what it borrows.
#[cached]
pub fn length<'a>(
    text: &'a str,
    #[cached(skip)] count: Count,
) -> impl Future<Output = usize> + Send + 'a {
    async move {
        count();
        text.len()
    }
}

/// Does not borrow.
#[cached]
pub fn detached(text: &str, #[cached(skip)] count: Count) -> impl Future<Output = usize> {
    let text = text.to_owned();
    async move {
        count();
        text.len()
    }
}

/// In a box.
#[cached(stale_while_revalidate = "1h")]
pub fn boxed(
    text: String,
    #[cached(skip)] count: Count,
) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        count();
        text.len()
    })
}

/// A service.
#[derive(Clone, Debug)]
pub struct Numbers(
    /// Where it begins.
    pub u32,
);

impl Numbers {
    /// The number after `n`.
    #[cached(prefix = "next:{self.0}:{n}", stale_while_revalidate = "1h")]
    pub async fn next(&self, n: u32, #[cached(skip)] count: Count) -> Result<u32, String> {
        count();
        let next = self.0.checked_add(n).ok_or("too much")?;
        Ok(next)
    }

    /// Changes what [`Numbers::next`] gives.
    #[invalidates(self.next(n))]
    pub async fn change(&self, n: u32) -> Result<(), String> {
        Ok(())
    }
}

/// A trait of the edition before.
pub trait Halves {
    /// What is halved.
    type Number;

    /// Half of `n`.
    fn half(&self, n: Self::Number, count: Count) -> impl Future<Output = Self::Number>;
}

#[cached]
impl Halves for Numbers {
    type Number = u32;

    #[cached(prefix = "half:{n}", skip(self, count))]
    async fn half(&self, n: Self::Number, count: Count) -> Self::Number {
        count();
        n / 2
    }
}
