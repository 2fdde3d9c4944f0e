//! Beside another attribute on one function.

use cached_core::{cached, invalidates};

use super::{Runs, check_invalidates, check_keeps, in_cache, mine};

#[cached(prefix = "renamed:{id}")]
#[invalidates("user:{id}:*")]
async fn cached_above(id: u64, #[cached(skip)] fails: bool) -> Result<u32, ()> {
    let run = Runs::add();
    if fails { Err(()) } else { Ok(run) }
}

#[invalidates("user:{id}:*")]
#[cached(prefix = "renamed:{id}")]
async fn cached_below(id: u64, #[cached(skip)] fails: bool) -> Result<u32, ()> {
    let run = Runs::add();
    if fails { Err(()) } else { Ok(run) }
}

/// Documented.
#[cached(companions = off)]
#[allow(clippy::unused_async)]
#[cfg_attr(all(), invalidates("user:{id}"))]
#[invalidates("user:{number}", tags = ["none:{ret}"])]
#[inline]
async fn cached_above_two(id: u64, number: u64) -> u32 {
    Runs::add() + u32::try_from(id + number).unwrap()
}

#[cached]
#[cfg_attr(any(), invalidates("user:{id}"))]
async fn not_under_this_condition(id: u64) -> u32 {
    Runs::add() + u32::try_from(id).unwrap()
}

#[cached]
#[invalidates("user:{id}")]
async fn conditional(id: u64, #[cfg(any())] trace: Trace, #[cfg(not(any()))] more: u32) -> u32 {
    Runs::add() + more
}

/// Only a call whose body ran changed anything.
#[tokio::test]
async fn a_hit_invalidates_nothing() {
    let check = async |renamed: &dyn AsyncRename| {
        in_cache(async {
            let runs = || Runs::count();
            let before = runs();
            mine().await;
            renamed.rename(42, false).await.unwrap();
            mine().await;
            assert_eq!(
                runs() - before,
                3,
                "the body ran, so the profile was loaded again"
            );
            renamed.rename(42, false).await.unwrap();
            mine().await;
            assert_eq!(runs() - before, 3, "a hit");
            renamed.rename(43, true).await.unwrap_err();
            mine().await;
            assert_eq!(runs() - before, 4, "a body that failed");
        })
        .await;
    };
    check(&Above).await;
    check(&Below).await;
    check_invalidates(mine, cached_above_two(42, 1)).await;
    check_invalidates(mine, cached_above_two(1, 42)).await;
    check_invalidates(mine, conditional(42, 1)).await;
    check_keeps(mine, not_under_this_condition(42)).await;
}

type Renamed<'a> = std::pin::Pin<Box<dyn Future<Output = Result<u32, ()>> + 'a>>;

/// Either of the two.
trait AsyncRename {
    fn rename(&self, id: u64, fails: bool) -> Renamed<'_>;
}

struct Above;
struct Below;

impl AsyncRename for Above {
    fn rename(&self, id: u64, fails: bool) -> Renamed<'_> {
        Box::pin(cached_above(id, fails))
    }
}

impl AsyncRename for Below {
    fn rename(&self, id: u64, fails: bool) -> Renamed<'_> {
        Box::pin(cached_below(id, fails))
    }
}

#[test]
fn companions_are_there_in_either_order() {
    assert!(cached_above::key(42).to_string().starts_with("renamed:42:"));
    assert!(cached_below::key(42).to_string().starts_with("renamed:42:"));
    assert_ne!(cached_above::key(42), cached_below::key(42));
}

#[invalidates("user:{id}", on = "always")]
#[invalidates("other:{id}")]
async fn twice(id: u64) -> Result<(), ()> {
    if id == 0 { Ok(()) } else { Err(()) }
}

#[tokio::test]
async fn each_has_a_condition_of_its_own() {
    check_invalidates(mine, twice(42)).await.unwrap_err();
}

/// A service.
struct Service;

impl Service {
    #[cached(skip(self))]
    #[invalidates(self.other(id))]
    async fn method(&self, id: u64) -> u32 {
        Runs::add() + u32::try_from(id).unwrap()
    }

    #[cached(skip(self))]
    async fn other(&self, id: u64) -> u32 {
        Runs::add() + u32::try_from(id).unwrap()
    }
}

#[tokio::test]
async fn a_method_can_have_both() {
    check_invalidates(|| Service.other(1), Service.method(1)).await;
}
