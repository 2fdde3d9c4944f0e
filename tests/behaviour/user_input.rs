//! User input as an argument: whatever it holds, it names what it names and nothing else.

use std::time::Duration;

use cached_core::{Cache, Key, Pattern, Tag, cached, invalidates};
use tests::every_store;

/// Texts that people and programs put into arguments; no two of them are one name.
fn inputs() -> Vec<String> {
    let mut inputs: Vec<String> = [
        "",
        "*",
        "**",
        ":*",
        "*:",
        "?",
        "[a-z]",
        "\\",
        "\\*",
        ":",
        "::",
        "a",
        "A",
        "a:b",
        "a:",
        ":a",
        "a:*",
        "a b",
        "a\nb",
        "a\0b",
        "a\u{1}b",
        "a\u{7f}b",
        "\r\n",
        "%",
        "%%",
        "%3A",
        "%3a",
        "%2A",
        "%253A",
        "%g",
        "%tag",
        "%fn",
        "{id}",
        "{}",
        "é",
        "e\u{301}",
        "日本",
        "🦀",
        "\u{202e}",
        "42",
        "user",
        "0123456789abcdef0123456789abcdef",
    ]
    .map(str::to_owned)
    .into();
    inputs.push("x".repeat(10_000));
    inputs.push(format!("{}y", "x".repeat(9_999)));
    inputs.push("x:".repeat(500));
    inputs.push("*".repeat(10_000));
    inputs.push("日".repeat(1_000));
    inputs
}

#[cached(ttl = "1h", prefix = "account:{name}:detail", tags = ["label:{name}"])]
async fn detail(name: &str) -> usize {
    name.len()
}

/// As [`detail`], without the tag.
#[cached(ttl = "1h", prefix = "plain:{name}")]
async fn plain(name: &str) -> usize {
    name.len()
}

#[invalidates("account:{name}:*")]
async fn by_pattern(name: &str) {}

#[invalidates("plain:{name}")]
async fn by_full_pattern(name: &str) {}

#[invalidates(tags = ["label:{name}"])]
async fn by_tag(name: &str) {}

#[invalidates(detail(name))]
async fn by_call(name: &str) {}

#[invalidates("account:{ret.name}:detail")]
async fn by_returned(name: &str) -> Named {
    let name = name.to_owned();
    Named { name }
}

struct Named {
    name: String,
}

fn note(name: &str) -> Key {
    Key::from_segments(["notes", name])
}

/// All that is cached for one input.
async fn fill(cache: &Cache, name: &str) {
    detail(name).await;
    plain(name).await;
    cache.set(note(name), &1_u8, None).await.unwrap();
    let stored = async {
        while is_there(cache, name).await != [true; 3] {
            tokio::task::yield_now().await;
        }
    };
    let stored = tokio::time::timeout(Duration::from_secs(10), stored).await;
    assert!(
        stored.is_ok(),
        "{name:?}: {:?}",
        is_there(cache, name).await
    );
}

async fn is_there(cache: &Cache, name: &str) -> [bool; 3] {
    [
        detail::peek(name).await.is_some(),
        plain::peek(name).await.is_some(),
        cache.exists(note(name)).await.unwrap(),
    ]
}

/// Invalidates for every input in turn, and looks which inputs felt it.
async fn check(left: [bool; 3], invalidate: impl AsyncFn(&Cache, &str)) {
    every_store("input", async |cache| {
        let inputs = inputs();
        for name in &inputs {
            fill(&cache, name).await;
        }
        for name in &inputs {
            invalidate(&cache, name).await;
            for other in &inputs {
                let expected = if other == name { left } else { [true; 3] };
                let there = is_there(&cache, other).await;
                assert_eq!(there, expected, "{other:?} after {name:?}");
            }
            fill(&cache, name).await;
        }
    })
    .await;
}

#[tokio::test]
async fn pattern_of_an_annotation_reaches_what_the_argument_names() {
    check([false, true, true], async |_, name| by_pattern(name).await).await;
}

#[tokio::test]
async fn full_prefix_of_an_annotation_reaches_what_the_argument_names() {
    check([true, false, true], async |_, name| {
        by_full_pattern(name).await;
    })
    .await;
}

#[tokio::test]
async fn tag_of_an_annotation_reaches_what_the_argument_names() {
    check([false, true, true], async |_, name| by_tag(name).await).await;
}

#[tokio::test]
async fn call_of_an_annotation_reaches_what_the_argument_names() {
    check([false, true, true], async |_, name| by_call(name).await).await;
}

#[tokio::test]
async fn returned_field_reaches_what_it_names() {
    check([false, true, true], async |_, name| {
        assert_eq!(by_returned(name).await.name, name);
    })
    .await;
}

#[tokio::test]
async fn segments_of_a_pattern_reach_what_they_name() {
    check([false, true, true], async |cache, name| {
        let pattern = Pattern::from_segments(["account", name]);
        assert!(cache.invalidate(pattern).await.unwrap().is_applied());
    })
    .await;
    check([true, true, false], async |cache, name| {
        let pattern = Pattern::from_segments(["notes", name]);
        assert!(cache.invalidate(pattern).await.unwrap().is_applied());
    })
    .await;
}

#[tokio::test]
async fn segments_of_a_tag_reach_what_they_name() {
    check([false, true, true], async |cache, name| {
        let tag = Tag::from_segments(["label", name]);
        assert!(cache.invalidate_tag(tag).await.unwrap().is_applied());
    })
    .await;
}

#[tokio::test]
async fn companions_reach_what_the_argument_names() {
    check([false, true, true], async |_, name| {
        assert!(detail::invalidate(name).await.unwrap().is_applied());
    })
    .await;
    check([true, false, true], async |cache, name| {
        assert!(
            cache
                .invalidate(plain::key(name))
                .await
                .unwrap()
                .is_applied()
        );
    })
    .await;
}

/// Numbers and their texts are one name in a pattern, on purpose: groups match across types.
#[tokio::test]
async fn number_and_its_text_are_one_group() {
    every_store("number", async |cache| {
        fill(&cache, "42").await;
        let pattern = Pattern::from_segments(["account".to_owned(), 42.to_string()]);
        assert!(cache.invalidate(pattern).await.unwrap().is_applied());
        assert_eq!(is_there(&cache, "42").await, [false, true, true]);
    })
    .await;
}
