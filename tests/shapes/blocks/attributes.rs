//! Other attributes in a block and on it.

use cached_core::{cached, invalidates};

use super::{Runs, check, check_apart, check_invalidates, check_keeps, in_cache};

/// A shop.
#[derive(Clone)]
struct Shop {
    id: u32,
}

trait Prices {
    async fn price(&self, item: u32, db: &u32) -> u32;
    async fn renamed(&self, id: u32) -> Result<u32, String>;
    async fn below(&self, id: u32) -> u32;
    async fn profile(&self, id: u32) -> u32;
    async fn here(&self, item: u32) -> u32;
    async fn there(&self, item: u32) -> u32;
    async fn with_condition(&self, item: u32) -> u32;
    async fn sometimes(&self, item: u32) -> u32;
    #[deprecated]
    async fn old(&self, item: u32) -> u32;
}

#[cached]
#[allow(deprecated, reason = "an attribute of the block")]
impl Prices for Shop {
    #[cached(prefix = "price:{self.id}:{item}", skip(db))]
    async fn price(&self, item: u32, db: &u32) -> u32 {
        Runs::add();
        item + db
    }

    // Only a call whose body ran invalidates.
    #[cached(prefix = "renamed:{self.id}")]
    #[invalidates("profile:{id}:*")]
    async fn renamed(&self, id: u32) -> Result<u32, String> {
        Runs::add();
        if id > 0 {
            Ok(id)
        } else {
            Err("nobody".to_owned())
        }
    }

    #[invalidates("profile:{id}:*", on = "always")]
    #[cached(prefix = "below:{self.id}")]
    #[invalidates(tags = ["nobody"])]
    async fn below(&self, id: u32) -> u32 {
        Runs::add();
        id
    }

    #[cached(prefix = "profile:{id}:{self.id}")]
    async fn profile(&self, #[allow(unused)] id: u32) -> u32 {
        Runs::add()
    }

    #[cfg(test)]
    #[cached(prefix = "here:{self.id}")]
    async fn here(&self, item: u32) -> u32 {
        Runs::add() + item
    }

    #[cfg(not(test))]
    #[cached(prefix = "here:{nowhere}")]
    async fn here(&self, item: u32) -> u32 {
        item
    }

    #[cfg_attr(all(), cached(prefix = "there:{self.id}"), must_use)]
    async fn there(&self, item: u32) -> u32 {
        Runs::add() + item
    }

    #[cached(prefix = "condition:{self.id}")]
    async fn with_condition(&self, item: u32, #[cfg(any())] trace: u32) -> u32 {
        Runs::add() + item
    }

    #[cfg_attr(any(), cached(nonsense))]
    async fn sometimes(&self, item: u32) -> u32 {
        Runs::add() + item
    }

    #[cached(prefix = "old:{self.id}")]
    async fn old(&self, item: u32) -> u32 {
        Runs::add() + item
    }
}

const SHOP: Shop = Shop { id: 1 };

#[tokio::test]
async fn they_change_nothing_for_the_others() {
    check(|| SHOP.price(1, &1)).await;
    check(|| SHOP.renamed(1)).await;
    check(|| SHOP.below(1)).await;
    check(|| SHOP.here(1)).await;
    check(|| SHOP.there(1)).await;
    check(|| SHOP.with_condition(1)).await;
    check_apart(SHOP.price(1, &1), SHOP.price(2, &1)).await;
    check_apart(SHOP.sometimes(1), SHOP.sometimes(1)).await;
    check_apart(SHOP.with_condition(1), SHOP.with_condition(2)).await;
}

#[tokio::test]
#[allow(deprecated, reason = "it is called to see that it still works")]
async fn a_deprecated_method() {
    check(|| SHOP.old(1)).await;
    in_cache(async { assert_eq!(SHOP.old_refresh(1).await, SHOP.old(1).await) }).await;
}

#[tokio::test]
async fn skipped_parameters_are_left_out_of_keys() {
    in_cache(async {
        assert_eq!(SHOP.price(1, &1).await, 2);
        assert_eq!(SHOP.price(1, &5).await, 2);
        assert_eq!(SHOP.price_peek(1).await, Some(2));
        assert_eq!(SHOP.price_refresh(1, &5).await, 6);
    })
    .await;
}

#[tokio::test]
async fn conditions_go_with_the_companions() {
    in_cache(async {
        SHOP.here(1).await;
        assert!(SHOP.here_peek(1).await.is_some());
        let _ = SHOP.there(1).await;
        assert!(SHOP.there_peek(1).await.is_some());
        SHOP.with_condition(1).await;
        assert!(SHOP.with_condition_peek(1).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn only_a_call_whose_body_ran_invalidates() {
    let profile = || SHOP.profile(42);
    check_invalidates(profile, SHOP.renamed(42)).await.unwrap();
    check_invalidates(profile, SHOP.below(42)).await;
    check_keeps(profile, SHOP.renamed(0)).await.unwrap_err();
    in_cache(async {
        SHOP.renamed(42).await.unwrap();
        SHOP.below(42).await;
        let loaded = profile().await;
        SHOP.renamed(42).await.unwrap();
        SHOP.below(42).await;
        assert_eq!(profile().await, loaded, "both were hits");
        SHOP.below_refresh(42).await;
        assert_ne!(profile().await, loaded);
    })
    .await;
}

/// Made by a macro, with all its parts given.
macro_rules! prices {
    ($(#[$on_block:meta])* $trait:path, $type:ty, $name:ident, $(#[$on_method:meta])*, $returns:ty, $body:block, $whole:item) => {
        $(#[$on_block])*
        impl $trait for $type {
            type Price = $returns;

            $(#[$on_method])*
            async fn $name(&self, item: $returns) -> Self::Price {
                Runs::add();
                let base: u32 = $body;
                base + item
            }

            $whole
        }
    };
}

trait Priced {
    type Price;
    async fn made(&self, item: u32) -> Self::Price;
    async fn whole(item: u32) -> u32;
}

prices!(
    #[cached]
    self::Priced,
    Shop,
    made,
    #[cached(prefix = "made:{self.id}")],
    u32,
    { 1 },
    #[cached]
    async fn whole(item: u32) -> u32 {
        Runs::add() + item
    }
);

#[tokio::test]
async fn made_by_a_macro() {
    check(|| SHOP.made(1)).await;
    check_apart(SHOP.made(1), SHOP.made(2)).await;
    check(|| Shop::whole(1)).await;
    in_cache(async {
        assert_eq!(SHOP.made_refresh(1).await, 2);
        assert_eq!(SHOP.made_peek(1).await, Some(2));
        Shop::whole_refresh(1).await;
    })
    .await;
}

/// A trait as a macro's own crate names it.
macro_rules! crate_prices {
    ($type:ident) => {
        #[$crate::blocks::attributes::cached]
        impl $crate::blocks::attributes::Priced for $type {
            type Price = u32;

            #[cached(skip(self))]
            async fn made(&self, item: u32) -> Self::Price {
                Runs::add() + item
            }

            #[cached(key = item.max(<Self::Price>::MIN))]
            async fn whole(item: u32) -> Self::Price {
                Runs::add() + item
            }
        }
    };
}

struct Counter;

crate_prices!(Counter);

#[tokio::test]
async fn named_by_the_crate_of_a_macro() {
    check(|| Counter.made(1)).await;
    check(|| Counter::whole(1)).await;
    in_cache(async {
        let made = Counter.made_refresh(1).await;
        assert_eq!(Counter.made_peek(1).await, Some(made));
        let whole = Counter::whole_refresh(1).await;
        assert_eq!(Counter::whole_peek(1).await, Some(whole));
    })
    .await;
}

/// Inside a function.
#[tokio::test]
async fn a_block_in_a_body() {
    struct Local;

    trait Nested {
        async fn nested(&self, item: u32) -> u32;
    }

    #[cached]
    impl Nested for Local {
        #[cached(skip(self))]
        async fn nested(&self, item: u32) -> u32 {
            Runs::add() + item
        }
    }

    check(|| Local.nested(1)).await;
    check_apart(Local.nested(1), Local.nested(2)).await;
    assert_eq!(Local.nested_key(1), Local.nested_key(1));
}
