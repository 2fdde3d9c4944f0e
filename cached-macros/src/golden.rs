//! Expansions of a few functions, line by line: `UPDATE_GOLDEN=1 cargo test -p cached-macros` writes them anew.

use std::path::Path;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::pipeline::{expand_cached, expand_invalidates};

/// A one-line function and all its companions expand to no more than this.
const LONGEST: usize = 60;

/// One that is called again in the background, to no more than this.
const LONGEST_AGAIN: usize = 74;

/// One in the `impl` of a trait, with both blocks around it, to no more than this.
const LONGEST_IN_A_TRAIT: usize = 68;

/// An attribute's expansion.
type Expand = fn(&TokenStream, &TokenStream) -> TokenStream;

fn check(name: &str, expand: Expand, arguments: &str, item: &str) {
    let tokens: TokenStream = item.parse().unwrap();
    let mut expanded = expand(&arguments.parse().unwrap(), &tokens).to_string();
    let body = innermost(tokens).to_string();
    assert_eq!(
        expanded.matches(&body).count(),
        1,
        "the body is emitted once: {body}"
    );
    let is_method = item.contains("self") && !item.starts_with("impl");
    if is_method {
        expanded = format!("impl Users {{ {expanded} }}");
    }
    let expanded = prettyplease::unparse(&syn::parse_file(&expanded).unwrap());
    let around = if is_method { 2 } else { 0 };
    let lines = expanded.lines().count().saturating_sub(around);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &expanded).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expanded, golden, "{} has changed", path.display());
    let longest = if arguments.contains("stale_while_revalidate") {
        LONGEST_AGAIN
    } else if item.contains(" for ") {
        LONGEST_IN_A_TRAIT
    } else {
        LONGEST
    };
    assert!(lines <= longest, "{name} expands to {lines} lines");
}

/// Finds the tokens in the last innermost braces.
fn innermost(tokens: TokenStream) -> TokenStream {
    let groups = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    });
    let deeper = |group: Group| {
        let inside = innermost(group.stream());
        let is_body = group.delimiter() == Delimiter::Brace
            || inside.to_string() != group.stream().to_string();
        is_body.then_some(inside)
    };
    groups.filter_map(deeper).last().unwrap_or(tokens)
}

#[test]
fn plain_function() {
    check(
        "plain.rs",
        expand_cached,
        "",
        "async fn double(n: u64) -> u64 { n * 2 }",
    );
}

#[test]
fn result_with_prefix() {
    check(
        "result.rs",
        expand_cached,
        "ttl = \"5m\", prefix = \"user:{id}:profile\"",
        "pub async fn profile(id: u64, #[cached(skip)] db: &Db) -> Result<Profile, DbError> { db.load(id).await }",
    );
}

#[test]
fn stale_windows() {
    check(
        "stale.rs",
        expand_cached,
        "ttl = \"5m\", stale_while_revalidate = \"30s\", stale_if_error = \"1h\", on_outage = \"fail\"",
        "async fn profile(id: u64, #[cached(skip)] db: &Db) -> Result<Profile, DbError> { db.load(id).await }",
    );
}

#[test]
fn method() {
    check(
        "method.rs",
        expand_cached,
        "ttl = \"5m\", prefix = \"tenant:{self.tenant}\"",
        "pub async fn find(&self, name: &str) -> Option<User> { self.db.find(name).await }",
    );
}

#[test]
fn block_of_a_type() {
    check(
        "block.rs",
        expand_cached,
        "",
        "impl Users { const PAGE: u64 = 10; #[cached(key = id / Self::PAGE)] pub async fn page(id: u64) -> Vec<User> { load(id).await } }",
    );
}

#[test]
fn block_of_a_trait() {
    check(
        "block_of_a_trait.rs",
        expand_cached,
        "",
        "impl<T: Db> Users for Repo<T> { type Found = Option<User>; #[cached(ttl = \"5m\", prefix = \"tenant:{self.tenant}\")] async fn find(&self, name: &str) -> Self::Found { self.db.find(name).await } }",
    );
}

#[test]
fn without_companions() {
    check(
        "off.rs",
        expand_cached,
        "companions = off, key = id % 10",
        "async fn shard(id: u64) -> Shard { load(id).await }",
    );
}

#[test]
fn tagged() {
    check(
        "tagged.rs",
        expand_cached,
        "prefix = \"lesson:{id}\", tags = [\"course:{lesson.course}\", \"lessons\"], companions = off",
        "async fn text(id: u64, #[cached(skip)] lesson: &Lesson) -> String { lesson.text(id).await }",
    );
}

#[test]
fn invalidating_function() {
    check(
        "invalidates.rs",
        expand_invalidates,
        "\"user:{id}:*\", tags = [\"names\"], profile(id), roster(..)",
        "pub async fn rename(id: u64, name: &str, db: &Db) -> Result<(), DbError> { db.rename(id, name).await }",
    );
}

#[test]
fn invalidating_method() {
    check(
        "invalidates_method.rs",
        expand_invalidates,
        "\"tenant:{self.tenant}:user:{ret.id}\", self.find(&name), on = |ret| ret.is_some(), cache = self.cache",
        "async fn add(&mut self, name: String) -> Option<User> { self.db.add(name).await }",
    );
}

#[test]
fn future() {
    check(
        "future.rs",
        expand_cached,
        "ttl = \"5m\"",
        "fn double(n: u64) -> impl Future<Output = u64> + Send { async move { n * 2 } }",
    );
}

#[test]
fn boxed_future() {
    check(
        "boxed.rs",
        expand_cached,
        "cache = self.cache, companions = off",
        "fn find(&self, name: &str) -> Pin<Box<dyn Future<Output = Option<User>> + Send>> { let found = self.db.find(name); Box::pin(found) }",
    );
}

#[test]
fn invalidating_future() {
    check(
        "invalidates_future.rs",
        expand_invalidates,
        "\"user:{id}:*\"",
        "fn rename(&self, id: u64) -> BoxFuture<'_, Result<(), DbError>> { Box::pin(async move { self.db.rename(id).await }) }",
    );
}
