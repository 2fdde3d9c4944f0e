//! Forms of parameters.

use ::cached_core::cached;

use crate::Count;

crate::taken::take_names!();

/// No argument.
#[cached]
pub async fn none() -> u32 {
    42
}

/// Borrowed text: see [`none`], and [`mutable`].
#[cached(prefix = "greeting:{name}")]
pub async fn text(name: &str, #[cached(skip)] count: Count) -> usize {
    count();
    name.len()
}

/// A lifetime with a name.
#[cached]
pub async fn lifetime<'a>(one: &'a str, other: &'a str) -> bool {
    let both: [&'a str; 2] = [one, other];
    both.is_empty()
}

/// A slice, and an `Option`.
#[cached]
pub async fn slice(numbers: &[u32], more: ::core::option::Option<&u32>) -> usize {
    let _ = more;
    numbers.len()
}

/// A mutable borrow.
#[cached]
pub async fn lent_mutably(number: &mut u32) -> u32 {
    *number += 1;
    *number
}

/// A parameter that the body changes.
#[cached(prefix = "double:{id}", tags = ["number:{id}"])]
pub async fn mutable(mut id: u64) -> u64 {
    id *= 2;
    id
}

/// A newtype.
#[derive(Debug)]
pub struct Id(
    /// Its number.
    pub u64,
);

/// Patterns.
#[cached(prefix = "patterns:{id}:{end}")]
pub async fn patterns(
    Id(id): Id,
    (start, mut end): (u64, u64),
    [first, ..]: [u8; 3],
    &lent: &u8,
) -> u64 {
    end += start;
    end + id + u64::from(first) + u64::from(lent)
}

/// Without a name, and unused.
#[cached]
pub async fn unnamed(_: Id, _unused: u8) {}

/// Skipped, in both ways.
#[cached(skip(db))]
pub async fn skipped(id: u64, db: &Id, #[cached(skip)] other: &Id) -> u64 {
    id + db.0 + other.0
}

/// Names that need `r#`.
#[cached(prefix = "raw:{type}")]
pub async fn r#match(r#type: u8, r#in: u8) -> u8 {
    r#type + r#in
}

/// Under a condition.
#[cached]
pub async fn conditional(id: u64, #[cfg(any())] trace: Trace, #[cfg(not(any()))] more: u64) -> u64 {
    id + more
}

/// As many as clippy allows, under the names of an expansion.
#[cached(prefix = "by:{cache}:{key}")]
pub async fn usual_names(
    cache: u8,
    key: u8,
    result: u8,
    redis: u8,
    value: u8,
    load: u8,
    codec: u8,
) -> u8 {
    cache + key + result + redis + value + load + codec
}

/// Taken away by the body.
#[cached(prefix = "moved:{name}")]
pub async fn moved(name: ::std::string::String) -> ::std::string::String {
    name
}

/// A field in a template, and a float.
#[cached(key = (id.0, more), prefix = "of:{id.0}")]
pub async fn fields(id: Id, more: f64) -> f64 {
    let _ = id;
    more
}
