//! Depends on the facade alone.
//!
//! `count` stands for what a function does when it runs.

use facade::{cached, invalidates};

/// Twice `n`.
#[cached(ttl = "5m", prefix = "double:{n}", crate = facade::cached_core)]
pub async fn double(n: u32, #[cached(skip)] count: fn() -> u32) -> u32 {
    count();
    n.wrapping_mul(2)
}

/// Changes what [`double`] gives.
#[invalidates("double:{n}", double(n), crate = facade::cached_core)]
pub async fn change(n: u32) {}

/// A service.
#[derive(Debug)]
pub struct Numbers(
    /// Where it begins.
    pub u32,
);

impl Numbers {
    /// The number after `n`.
    #[facade::inner::runtime::cached(prefix = "next:{self.0}:{n}", crate = ::facade::inner::runtime)]
    pub async fn next(&self, n: u32, #[cached(skip)] count: fn() -> u32) -> Option<u32> {
        count();
        self.0.checked_add(n)
    }

    /// Changes what [`Numbers::next`] gives.
    #[invalidates(self.next(n), crate = facade::cached_core)]
    pub async fn change(&self, n: u32) {}
}

/// A trait of which all functions are cached.
pub trait Halves {
    /// Half of `n`.
    fn half(n: u32, count: fn() -> u32) -> impl Future<Output = u32> + Send;
}

/// The block says where the runtime is, for all in it.
#[cached(crate = facade::cached_core)]
impl Halves for Numbers {
    #[cached(prefix = "half:{n}", skip(count))]
    async fn half(n: u32, count: fn() -> u32) -> u32 {
        count();
        n / 2
    }
}

/// Of a function that a macro of another crate would make, `$crate` and all.
#[macro_export]
macro_rules! cached_square {
    ($name:ident) => {
        #[$crate::facade::cached(crate = $crate::facade::cached_core)]
        async fn $name(n: u32, #[cached(skip)] count: fn() -> u32) -> u32 {
            count();
            n * n
        }
    };
}

pub use facade;
