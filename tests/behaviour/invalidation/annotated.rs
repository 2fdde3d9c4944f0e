//! Functions with `#[invalidates]`: their targets, and the outcomes that invalidate.

use cached_core::{cached, invalidates};
use tests::{CountingLoader, every_store};

use super::{check, erase, fill, inbox, missing, now, of_42, profile, square};

#[invalidates(profile(id), inbox(id, page + 1), "user:{id}:note", tags = ["course:{course}"])]
async fn several(id: u64, page: u64, course: &str) {}

#[invalidates(profile(..), square(..))]
async fn all_of_two() {}

#[invalidates("*")]
async fn everything() {}

#[invalidates("user:{ret.owner}:grade", "user:{ret.owner}:note")]
async fn returned(number: u64) -> Result<Moved, ()> {
    match number {
        0 => Err(()),
        owner => Ok(Moved { owner }),
    }
}

struct Moved {
    owner: u64,
}

#[tokio::test]
async fn annotated_function_invalidates_once_it_has_returned() {
    check("annotated", &of_42(), async |_| erase(42).await).await;
    check("everything", &[""; 0], async |cache| {
        everything().await;
        assert_eq!(missing(cache).await.len(), 22);
        fill(cache).await;
    })
    .await;
}

#[tokio::test]
async fn several_targets_are_reached_at_once() {
    let gone = [
        "rust 4",
        "profile 42",
        "now 42",
        "next 42",
        "rust 42",
        "inbox 42 2",
        "user:42:note",
    ];
    check("several", &gone, async |_| several(42, 1, "rust").await).await;
}

#[tokio::test]
async fn all_of_a_function_are_its_calls_and_no_others() {
    let gone = ["profile 4", "square 4", "profile 42", "square 42"];
    check("functions", &gone, async |_| all_of_two().await).await;
}

#[invalidates(now::profile(..))]
async fn all_versions() {}

#[tokio::test]
async fn all_of_a_function_are_all_its_versions() {
    let gone = ["now 4", "next 4", "now 42", "next 42"];
    check("versions", &gone, async |_| all_versions().await).await;
}

#[tokio::test]
async fn returned_value_names_what_is_invalidated() {
    let gone = ["rust 42", "go 42", "user:42:note"];
    check("returned", &gone, async |_| {
        assert_eq!(returned(42).await.map(|moved| moved.owner), Ok(42));
    })
    .await;
    check("returned", &[""; 0], async |_| {
        assert!(returned(0).await.is_err());
    })
    .await;
}

mod when {
    use cached_core::invalidates;

    #[invalidates("user:42")]
    pub(super) async fn ok(outcome: Result<u8, String>) -> Result<u8, String> {
        outcome
    }

    #[invalidates("user:42", on = "ok")]
    pub(super) async fn ok_said(outcome: Result<u8, String>) -> Result<u8, String> {
        outcome
    }

    #[invalidates("user:42", on = "always")]
    pub(super) async fn always(outcome: Result<u8, String>) -> Result<u8, String> {
        outcome
    }

    #[invalidates("user:42", on = |ret| *ret != Ok(0))]
    pub(super) async fn when(outcome: Result<u8, String>) -> Result<u8, String> {
        outcome
    }

    #[invalidates("user:42")]
    pub(super) async fn none() -> Option<u8> {
        None
    }
}

/// What was returned decides; here nobody else asks.
fn ignore<T>(_: T) {}

#[tokio::test]
async fn outcome_decides() {
    let (gone, nothing) = (of_42(), Vec::<String>::new());
    let wrong = || Err("no".to_owned());
    check("ok", &gone, async |_| ignore(when::ok(Ok(1)).await)).await;
    check("err", &nothing, async |_| ignore(when::ok(wrong()).await)).await;
    check("ok", &gone, async |_| ignore(when::ok_said(Ok(1)).await)).await;
    check("err", &nothing, async |_| {
        ignore(when::ok_said(wrong()).await);
    })
    .await;
    check("always", &gone, async |_| ignore(when::always(Ok(1)).await)).await;
    check("always", &gone, async |_| {
        ignore(when::always(wrong()).await);
    })
    .await;
    check("when", &gone, async |_| ignore(when::when(wrong()).await)).await;
    check("when", &gone, async |_| ignore(when::when(Ok(1)).await)).await;
    check("when", &nothing, async |_| ignore(when::when(Ok(0)).await)).await;
    check("none", &gone, async |_| ignore(when::none().await)).await;
}

/// A service whose methods are cached and invalidate.
struct Service {
    tenant: u64,
    loader: CountingLoader,
}

impl Service {
    #[cached(ttl = "1h", prefix = "tenant:{self.tenant}:item:{id}")]
    async fn item(&self, id: u64) -> u64 {
        self.loader.load(id).await
    }

    #[invalidates(self.item(id))]
    async fn rename(&self, id: u64) {}

    #[invalidates("tenant:{self.tenant}:*")]
    async fn erase(&self) {}

    #[invalidates(Self::item(..))]
    async fn all(&self) {}
}

#[tokio::test]
async fn methods_invalidate_methods() {
    every_store("methods", async |_| {
        let loader = CountingLoader::new();
        let services = [1, 2].map(|tenant| Service {
            tenant,
            loader: loader.clone(),
        });
        let fill = async || {
            for service in &services {
                for id in [4, 42] {
                    service.item(id).await;
                    while service.item_peek(id).await.is_none() {
                        tokio::task::yield_now().await;
                    }
                }
            }
        };
        let missing = async || {
            let mut missing = Vec::new();
            for service in &services {
                for id in [4, 42] {
                    if service.item_peek(id).await.is_none() {
                        missing.push((service.tenant, id));
                    }
                }
            }
            missing
        };
        fill().await;
        services[0].rename(42).await;
        assert_eq!(missing().await, [(1, 42)]);
        fill().await;
        let invalidated = services[1].item_invalidate(4).await.unwrap();
        assert!(invalidated.is_applied());
        assert_eq!(missing().await, [(2, 4)]);
        fill().await;
        services[1].erase().await;
        assert_eq!(missing().await, [(2, 4), (2, 42)]);
        fill().await;
        services[0].all().await;
        assert_eq!(missing().await.len(), 4);
    })
    .await;
}
