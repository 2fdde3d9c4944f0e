//! `#[trait_variant::make]`: the same methods, with futures that are `Send`.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

#[trait_variant::make(Users: Send)]
trait LocalUsers {
    async fn name(&self, id: u64) -> String;
    async fn rename(&self, id: u64);
}

struct Repo;
struct Other;

impl Users for Repo {
    #[cached(companions = off, prefix = "variant:{id}", skip(self))]
    async fn name(&self, id: u64) -> String {
        Runs::add();
        format!("{id}")
    }

    #[invalidates("variant:{id}")]
    async fn rename(&self, id: u64) {}
}

impl LocalUsers for Other {
    #[cached(companions = off, prefix = "variant:{id}", skip(self))]
    async fn name(&self, id: u64) -> String {
        Runs::add();
        format!("{id}")
    }

    #[invalidates("variant:{id}")]
    async fn rename(&self, id: u64) {}
}

#[tokio::test]
async fn equal_calls_hit() {
    check(|| Users::name(&Repo, 1)).await;
    check(|| Other.name(1)).await;
}

#[tokio::test]
async fn other_calls_miss() {
    check_miss(|| Users::name(&Repo, 1), || Users::name(&Repo, 2)).await;
    check_miss(|| Users::name(&Repo, 1), || Other.name(1)).await;
}

#[tokio::test]
async fn writes_invalidate() {
    check_invalidates(|| Users::name(&Repo, 1), Users::rename(&Repo, 1)).await;
    check_invalidates(|| Other.name(1), Other.rename(1)).await;
}
