//! All rules together, on a small house of three crates.

use std::collections::BTreeSet;

use super::check;
use crate::{
    checkout::Checkout,
    report::{Rule, Violation},
};

const PAGE: &str = "\
## Rooms of cached-core
| room | holds | may use |
|---|---|---|
| `store` | | |
| `cache` | | `store` |

| leaf | holds | may use |
|---|---|---|
| `error` | | |

## Names with one owner
| crate | name | only in |
|---|---|---|
| `cached-core` | `redis` | `store` |

## Walks
### A hit on Redis: 2 steps, 1 change of file
1. `cache.rs` · `get` — x
2. `store.rs` · `read` — x
### A miss
### An invalidation
";

const LIB: &str = "mod cache;\nmod error;\nmod store;\npub use error::Error;\n";
const STORE: &str = "use redis::Client;\nuse crate::error::Error;\nfn read() {}\n";
const CACHE: &str = "use crate::store::read;\nfn get() {}\n";

fn house(page: &str, lib: &str, store: &str, cache: &str, manifest: &str) -> Vec<Violation> {
    check(&Checkout::of(&[
        ("ARCHITECTURE.md", page),
        ("cached-core/src/lib.rs", lib),
        (
            "cached-core/src/error.rs",
            "/// The error.\npub struct Error;\n",
        ),
        ("cached-core/src/store.rs", store),
        ("cached-core/src/cache.rs", cache),
        ("cached-macros/Cargo.toml", manifest),
        ("cached-macros/src/lib.rs", ""),
        ("cached-axum/src/lib.rs", ""),
    ]))
}

#[test]
fn house_that_keeps_every_rule_has_no_violation() {
    assert_eq!(house(PAGE, LIB, STORE, CACHE, "[dependencies]\n"), []);
}

#[test]
fn every_rule_is_checked() {
    let page = PAGE
        .replace("2 steps", "3 steps")
        .replace("`store` | | |", "`store` | | `error`, `x` |");
    let lib = format!("{LIB}mod utils {{}}\n");
    let store = format!("{STORE}use crate::cache::get;\n");
    let cache = format!(
        "//! How it is read.\n{CACHE}use crate::Error;\nfn f() {{ redis::cmd() }}\n{}",
        "\n".repeat(400)
    );
    let manifest = "[dependencies]\ncached-core = \"0.1\"\n";
    let found = house(&page, &lib, &store, &cache, manifest);
    let broken: BTreeSet<_> = found.iter().map(|violation| violation.rule).collect();
    let all = [
        Rule::Modules,
        Rule::Facade,
        Rule::Arrows,
        Rule::Circles,
        Rule::Table,
        Rule::Owners,
        Rule::Manifest,
        Rule::Length,
        Rule::Walks,
        Rule::Voice,
    ];
    assert_eq!(broken, BTreeSet::from(all));
}
