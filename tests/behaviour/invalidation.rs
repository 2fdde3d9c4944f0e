//! The reach of an invalidation, and what it leaves: by pattern, tag, call, function and namespace.

use std::time::Duration;

use cached_core::{Cache, ErrorKind, Key, Pattern, Tag, cached, invalidates};
use tests::{Store, every_store, namespace};

mod annotated;

const HOUR: Duration = Duration::from_secs(3_600);

#[cached(ttl = "1h", prefix = "user:{id}:profile")]
async fn profile(id: u64) -> u64 {
    id
}

/// The profile of the service's next version, which runs beside this one.
mod next {
    use cached_core::cached;

    #[cached(
        ttl = "1h",
        prefix = "user:{id}:profile",
        id = "profile-of-two-versions",
        version = 2
    )]
    pub(super) async fn profile(id: u64) -> u64 {
        id
    }
}

mod now {
    use cached_core::cached;

    #[cached(
        ttl = "1h",
        prefix = "user:{id}:profile",
        id = "profile-of-two-versions"
    )]
    pub(super) async fn profile(id: u64) -> u64 {
        id
    }
}

#[cached(ttl = "1h", prefix = "user:{id}:grade", tags = ["course:{course}", "school"])]
async fn grade(id: u64, course: &str) -> usize {
    course.len()
}

/// Its prefix does not name the page.
#[cached(ttl = "1h", prefix = "user:{id}:inbox")]
async fn inbox(id: u64, page: u64) -> u64 {
    id * page
}

/// Its groups are the beginnings of its path.
#[cached(ttl = "1h")]
async fn square(number: u64) -> u64 {
    number * number
}

#[invalidates("user:{id}:*")]
async fn erase(id: u64) {
    let _ = id;
}

/// Calls everything once, and returns when all of it is there.
async fn fill(cache: &Cache) {
    for id in [4, 42] {
        profile(id).await;
        now::profile(id).await;
        next::profile(id).await;
        grade(id, "rust").await;
        grade(id, "go").await;
        inbox(id, 1).await;
        inbox(id, 2).await;
        square(id).await;
        for key in [format!("user:{id}"), format!("user:{id}:note")] {
            cache.set(key, &id, HOUR).await.unwrap();
        }
    }
    cache.set("user", &1, HOUR).await.unwrap();
    cache.set("users", &1, HOUR).await.unwrap();
    let filled = async {
        while !missing(cache).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let filled = tokio::time::timeout(Duration::from_secs(10), filled).await;
    assert!(filled.is_ok(), "not there: {:?}", missing(cache).await);
}

/// Returns what of it is not there, in the order of [`fill`].
async fn missing(cache: &Cache) -> Vec<String> {
    let mut missing = Vec::new();
    let mut look = |name: String, is_there: bool| {
        if !is_there {
            missing.push(name);
        }
    };
    for id in [4, 42] {
        look(format!("profile {id}"), profile::peek(id).await.is_some());
        let is_there = now::profile::peek(id).await.is_some();
        look(format!("now {id}"), is_there);
        let is_there = next::profile::peek(id).await.is_some();
        look(format!("next {id}"), is_there);
        for course in ["rust", "go"] {
            let is_there = grade::peek(id, course).await.is_some();
            look(format!("{course} {id}"), is_there);
        }
        for page in [1, 2] {
            let is_there = inbox::peek(id, page).await.is_some();
            look(format!("inbox {id} {page}"), is_there);
        }
        look(format!("square {id}"), square::peek(id).await.is_some());
        for key in [format!("user:{id}"), format!("user:{id}:note")] {
            let is_there = cache.exists(key.as_str()).await.unwrap();
            look(key, is_there);
        }
    }
    for key in ["user", "users"] {
        look(key.to_owned(), cache.exists(key).await.unwrap());
    }
    missing
}

/// Everything in the group `user:42`.
const OF_42: [&str; 10] = [
    "profile 42",
    "now 42",
    "next 42",
    "rust 42",
    "go 42",
    "inbox 42 1",
    "inbox 42 2",
    "user:42",
    "user:42:note",
    "",
];

fn of_42() -> Vec<String> {
    let all = OF_42.iter().filter(|name| !name.is_empty());
    all.map(ToString::to_string).collect()
}

/// Fills the cache of each store, lets `invalidate` do its work, and compares what is gone.
async fn check(name: &str, gone: &[impl AsRef<str>], invalidate: impl AsyncFn(&Cache)) {
    every_store(name, async |cache| {
        fill(&cache).await;
        invalidate(&cache).await;
        let gone: Vec<&str> = gone.iter().map(AsRef::as_ref).collect();
        assert_eq!(missing(&cache).await, gone);
        // And nothing is stuck: all of it can be cached again.
        fill(&cache).await;
    })
    .await;
}

async fn invalidate(cache: &Cache, pattern: impl Into<Pattern>) {
    assert!(cache.invalidate(pattern).await.unwrap().is_applied());
}

#[tokio::test]
async fn pattern_reaches_what_is_under_its_whole_segments() {
    for pattern in ["user:42", "user:42:*"] {
        check("under", &of_42(), async |cache| {
            invalidate(cache, pattern).await;
            invalidate(cache, pattern.to_owned()).await;
        })
        .await;
    }
    check("segments", &of_42(), async |cache| {
        invalidate(cache, Pattern::from_segments(["user", "42"])).await;
    })
    .await;
    let grades = ["rust 42", "go 42"];
    check("deeper", &grades, async |cache| {
        invalidate(cache, "user:42:grade").await;
    })
    .await;
    check("nobody", &[""; 0], async |cache| {
        for pattern in [
            "use",
            "user:421",
            "user:42:grade:x",
            "user:42:g",
            ":",
            "*:*:",
        ] {
            if let Ok(invalidated) = cache.invalidate(pattern).await {
                assert!(invalidated.is_applied());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn tag_reaches_what_has_it() {
    check("tag", &["rust 4", "rust 42"], async |cache| {
        let invalidated = cache.invalidate_tag("course:rust").await.unwrap();
        assert!(invalidated.is_applied());
    })
    .await;
    let all = ["rust 4", "go 4", "rust 42", "go 42"];
    check("tag", &all, async |cache| {
        let tag = Tag::from_segments(["school"]);
        assert!(cache.invalidate_tag(tag).await.unwrap().is_applied());
    })
    .await;
    // A tag is no pattern: what begins like it is another one.
    check("tag", &[""; 0], async |cache| {
        for tag in ["course", "course:rus", "course:rust:x", "user:42", "user"] {
            assert!(cache.invalidate_tag(tag).await.unwrap().is_applied());
        }
    })
    .await;
}

#[tokio::test]
async fn call_reaches_itself_in_every_version() {
    check(
        "call",
        &["profile 42", "now 42", "next 42"],
        async |cache| {
            // All three have the same full prefix, which names their only argument.
            assert!(now::profile::invalidate(42).await.unwrap().is_applied());
            let _ = cache;
        },
    )
    .await;
}

#[tokio::test]
async fn call_whose_prefix_leaves_an_argument_out_reaches_itself_alone() {
    check("alone", &["inbox 42 2"], async |_| {
        assert!(inbox::invalidate(42, 2).await.unwrap().is_applied());
    })
    .await;
    check("alone", &["rust 42"], async |cache| {
        invalidate(cache, grade::key(42, "rust")).await;
    })
    .await;
    check("alone", &["inbox 42 1"], async |cache| {
        assert!(cache.delete(inbox::key(42, 1)).await.unwrap());
        assert!(!cache.delete(inbox::key(42, 1)).await.unwrap());
    })
    .await;
    check("alone", &["square 4"], async |_| {
        assert!(square::invalidate(4).await.unwrap().is_applied());
    })
    .await;
}

#[tokio::test]
async fn text_key_reaches_itself_and_what_is_below() {
    check("text", &of_42(), async |cache| {
        invalidate(cache, Key::from("user:42")).await;
    })
    .await;
    check("text", &["user:42:note"], async |cache| {
        invalidate(cache, Key::from("user:42:note")).await;
    })
    .await;
    check("delete", &["user:42"], async |cache| {
        assert!(cache.delete("user:42").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn namespace_is_a_group() {
    for way in 0..2 {
        every_store("clear", async |cache| {
            fill(&cache).await;
            let other = Store::Redis.cache(&namespace("untouched"));
            other.set("user:42", &1, HOUR).await.unwrap();
            let invalidated = match way {
                0 => cache.clear().await,
                _ => cache.invalidate("*").await,
            };
            assert!(invalidated.unwrap().is_applied());
            assert_eq!(missing(&cache).await.len(), 22);
            assert!(other.exists("user:42").await.unwrap());
            fill(&cache).await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_no_pattern_is_an_error_that_invalidates_nothing() {
    check("wrong", &[""; 0], async |cache| {
        for pattern in ["", "user:4*", "user:*:profile", "*:user", "user:**", "us*r"] {
            let error = cache.invalidate(pattern).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pattern, "{pattern}");
            let message = error.to_string();
            assert!(
                pattern.is_empty() || !message.contains(pattern),
                "{message}"
            );
        }
        for pattern in ["user:4*", "user:*:profile"] {
            let error = cache.invalidate(pattern).await.unwrap_err();
            assert!(error.to_string().contains("tag"), "{error}");
        }
        for tag in ["*", "course:*", ""] {
            let error = cache.invalidate_tag(tag).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pattern, "{tag}");
        }
        assert_eq!(cache.stats().total.invalidations, 0);
    })
    .await;
}

#[tokio::test]
async fn other_handle_reaches_it_even_turned_off() {
    let name = namespace("off");
    let cache = Store::Redis.cache(&name);
    let builder = Cache::builder().namespace(&name).enabled(false);
    let off = builder
        .redis_url(tests::RedisServer::shared().url())
        .op_timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    cache
        .scope(async {
            fill(&cache).await;
            invalidate(&off, "user:42").await;
            assert_eq!(missing(&cache).await, of_42());
            fill(&cache).await;
            off.scope(erase(42)).await;
            assert_eq!(missing(&cache).await, of_42());
            fill(&cache).await;
            assert!(
                off.scope(inbox::invalidate(4, 1))
                    .await
                    .unwrap()
                    .is_applied()
            );
            assert_eq!(missing(&cache).await, ["inbox 4 1"]);
            fill(&cache).await;
            off.bypass(erase(42)).await;
            off.scope(off.bypass(erase(42))).await;
            assert_eq!(missing(&cache).await, of_42());
        })
        .await;
}

#[tokio::test]
async fn versions_that_run_side_by_side_are_reached_from_either() {
    check(
        "versions",
        &["profile 42", "now 42", "next 42"],
        async |cache| {
            assert!(next::profile::invalidate(42).await.unwrap().is_applied());
            let _ = cache;
        },
    )
    .await;
}

#[tokio::test]
async fn set_refresh_and_take_replace_one_entry_and_no_other() {
    check("one", &["user:42:note"], async |cache| {
        assert_eq!(profile::refresh(42).await, 42);
        assert_eq!(inbox::refresh(42, 1).await, 42);
        cache.set("user:42", &43_u64, HOUR).await.unwrap();
        assert_eq!(cache.get::<u64>("user:42").await.unwrap(), Some(43));
        let taken: Option<u64> = cache.take("user:42:note").await.unwrap();
        assert_eq!(taken, Some(42));
    })
    .await;
}

#[tokio::test]
async fn invalidations_are_counted() {
    every_store("counted", async |cache| {
        fill(&cache).await;
        erase(42).await;
        invalidate(&cache, "user:42").await;
        assert_eq!(cache.stats().total.invalidations, 2);
        assert_eq!(cache.stats().total.postponed, 0);
        assert_eq!(cache.stats().total.errors, 0);
    })
    .await;
}
