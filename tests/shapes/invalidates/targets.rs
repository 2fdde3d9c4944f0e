//! Targets that can be named: patterns, tags, typed calls.

use cached_core::{Cache, cached, invalidates};
use serde::Serialize;

use super::{Runs, check_invalidates, check_keeps, in_cache, mine, profile};

#[invalidates("user:{id}:*")]
async fn below(id: u64) {}

#[invalidates("user:{id}")]
async fn without_wildcard(id: u64) {}

#[invalidates("user:{id}:profile")]
async fn whole_prefix(id: u64) {}

#[invalidates("user:*")]
async fn beginning() {}

#[invalidates("*")]
async fn everything() {}

#[invalidates("stats:{id}", "user:{other}:*", "a{{b}}:100%:*")]
async fn several(id: u64, other: u64) {}

#[invalidates("user:{who.id}:{r#type}")]
async fn fields(who: &Who, r#type: &str) {}

#[invalidates(tags = ["team:{team}"])]
async fn tagged(team: u32) {}

#[invalidates(tags = ["team:{team}", "nobody"], "user:{id}:settings")]
async fn tagged_and_below(id: u64, team: u32) {}

/// Who.
struct Who {
    id: u64,
}

#[tokio::test]
async fn a_pattern_covers_whole_segments() {
    check_invalidates(mine, below(42)).await;
    check_invalidates(mine, without_wildcard(42)).await;
    check_invalidates(mine, whole_prefix(42)).await;
    check_invalidates(mine, beginning()).await;
    check_invalidates(mine, everything()).await;
    check_invalidates(mine, several(1, 42)).await;
    check_invalidates(mine, fields(&Who { id: 42 }, "profile")).await;
    check_keeps(mine, below(4)).await;
    check_keeps(mine, without_wildcard(43)).await;
    check_keeps(mine, several(42, 1)).await;
    check_keeps(mine, fields(&Who { id: 42 }, "pro")).await;
    check_keeps(mine, fields(&Who { id: 42 }, "*")).await;
}

#[tokio::test]
async fn a_tag_covers_what_has_it() {
    check_invalidates(mine, tagged(7)).await;
    check_invalidates(mine, tagged_and_below(1, 7)).await;
    check_keeps(mine, tagged(8)).await;
    check_keeps(mine, tagged_and_below(42, 8)).await;
}

pub(super) mod elsewhere {
    use cached_core::cached;

    use super::Runs;

    #[cached]
    pub(in crate::invalidates) async fn count(list: &str) -> u32 {
        Runs::add() + u32::from(list.is_empty())
    }

    pub(super) struct Shop;

    impl Shop {
        #[cached(skip(self))]
        pub(super) async fn price(&self, item: u32) -> u32 {
            Runs::add() + item
        }
    }
}

#[cached]
async fn bounded<T: Serialize>(value: T) -> u32 {
    let _ = value;
    Runs::add()
}

#[cached]
async fn r#match(r#type: u8) -> u32 {
    Runs::add() + u32::from(r#type)
}

#[invalidates(profile(id, team))]
async fn one_call(id: u64, team: u32) {
    let (_, _) = (id, team);
}

#[invalidates(profile(id.parse().unwrap_or_default(), 3 + 4))]
async fn expressions(id: &str) {}

#[invalidates(profile(..))]
async fn all_calls() {}

#[invalidates(elsewhere::count(name))]
async fn of_another_module(name: &str) {}

#[invalidates(elsewhere::count(&name))]
async fn of_what_is_moved(name: String) {
    drop(name);
}

#[invalidates(elsewhere::count(..), crate::invalidates::profile(1, 2))]
async fn all_of_another_module() {}

#[invalidates(bounded(name))]
async fn cloned_before_the_body_takes_it(name: String) {
    drop(name);
}

#[invalidates(bounded::<&str>(name))]
async fn with_types(name: &str) {}

#[invalidates(bounded(..))]
async fn of_all_types() {}

#[invalidates(r#match(r#type))]
async fn raw_names(r#type: u8) {}

#[invalidates(r#match(..))]
async fn all_of_a_raw_name() {}

#[tokio::test]
async fn a_typed_call_is_one_call() {
    check_invalidates(mine, one_call(42, 7)).await;
    check_keeps(mine, one_call(42, 8)).await;
    check_keeps(mine, one_call(43, 7)).await;
    check_invalidates(mine, expressions("42")).await;
    check_keeps(mine, expressions("?")).await;
    check_invalidates(|| elsewhere::count("a"), of_another_module("a")).await;
    check_invalidates(|| elsewhere::count("a"), of_what_is_moved("a".to_owned())).await;
    check_keeps(|| elsewhere::count("a"), of_another_module("b")).await;
    check_invalidates(
        || bounded("a".to_owned()),
        cloned_before_the_body_takes_it("a".to_owned()),
    )
    .await;
    check_invalidates(|| bounded("a"), with_types("a")).await;
    check_invalidates(|| r#match(1), raw_names(1)).await;
}

#[tokio::test]
async fn two_dots_are_all_calls() {
    check_invalidates(mine, all_calls()).await;
    check_invalidates(|| elsewhere::count("a"), all_of_another_module()).await;
    check_invalidates(|| bounded("a"), of_all_types()).await;
    check_invalidates(|| r#match(1), all_of_a_raw_name()).await;
    check_keeps(|| elsewhere::count("a"), all_calls()).await;
}

/// A service with methods of both kinds.
struct Service {
    tenant: u32,
    shop: elsewhere::Shop,
    own: Cache,
}

impl Service {
    #[cached(prefix = "tenant:{self.tenant}:{id}")]
    async fn find(&self, id: u32) -> u32 {
        Runs::add() + id
    }

    #[invalidates("tenant:{self.tenant}:{id}")]
    async fn pattern(&self, id: u32) {}

    #[invalidates(self.find(id))]
    async fn own_method(&mut self, id: u32) {
        self.tenant = 0;
    }

    #[invalidates(Service::find(self, id))]
    async fn as_function(&self, id: u32) {}

    #[invalidates(Self::find(other, 1))]
    async fn of_another(&self, other: &Service) {}

    #[invalidates(self.find(..))]
    async fn all(self) {}

    #[invalidates(Self::find(..))]
    async fn all_without_self() {}

    #[invalidates(self.shop.price(item), elsewhere::Shop::price(..))]
    async fn of_a_field(&self, item: u32) {}

    #[invalidates(self.shop.price(item))]
    async fn one_of_a_field(&self, item: u32) {}

    #[invalidates("user:{id}:*", cache = self.own)]
    async fn in_its_own_cache(&self, id: u32) {}
}

fn service() -> Service {
    Service {
        tenant: 1,
        shop: elsewhere::Shop,
        own: Cache::in_memory().unwrap(),
    }
}

#[tokio::test]
async fn methods_name_methods() {
    let service = &service();
    check_invalidates(|| service.find(5), service.pattern(5)).await;
    check_invalidates(|| service.find(5), async {
        self::service().own_method(5).await;
    })
    .await;
    check_invalidates(|| service.find(5), service.as_function(5)).await;
    check_invalidates(|| service.find(1), service.of_another(service)).await;
    check_invalidates(|| service.find(5), self::service().all()).await;
    check_invalidates(|| service.find(5), Service::all_without_self()).await;
    check_invalidates(|| service.shop.price(5), service.of_a_field(6)).await;
    check_invalidates(|| service.shop.price(5), service.one_of_a_field(5)).await;
    check_keeps(|| service.shop.price(5), service.one_of_a_field(6)).await;
    check_keeps(|| service.find(5), service.as_function(6)).await;
}

#[tokio::test]
async fn a_cache_can_be_named() {
    let service = service();
    check_keeps(mine, service.in_its_own_cache(42)).await;
    let mine_in = |cache: &Cache| cache.clone().scope(mine());
    let before = Runs::count();
    mine_in(&service.own).await;
    in_cache(service.in_its_own_cache(42)).await;
    mine_in(&service.own).await;
    assert_eq!(Runs::count() - before, 2);
}

/// Anyone: not `Clone`.
#[derive(Serialize)]
struct Anyone;

const FIRST: u64 = 1;

#[cached]
async fn of_constants(_who: Anyone, id: u64) -> u64 {
    Runs::add();
    id
}

#[invalidates(of_constants(Anyone, FIRST))]
async fn changes_the_first() {}

#[tokio::test]
async fn constants_are_no_variables() {
    check_invalidates(|| of_constants(Anyone, 1), changes_the_first()).await;
    check_keeps(|| of_constants(Anyone, 2), changes_the_first()).await;
}
