//! The attributes of `cached-core`, which re-exports them: depend on that crate instead.
//!
//! Rooms from left to right, each of which uses only what stands left of it:
//!
//! | room | from | to |
//! |---|---|---|
//! | `syntax` | tokens | durations, templates, bindings, types |
//! | `parse` | tokens | arguments, functions and `impl` blocks as written |
//! | `enclosing` | a source file | what stands around a function |
//! | `check` | what was written | what is to be expanded, or errors |
//! | `expand` | what is to be expanded | tokens |
//! | `pipeline` | tokens | tokens: the rooms one after another |
//!
//! `diagnostics` collects errors for all of them.

mod check;
mod diagnostics;
mod enclosing;
mod expand;
mod parse;
mod pipeline;
mod syntax;

#[cfg(test)]
mod golden;

/// Keeps what an async function or method returned, and returns it again for equal arguments.
///
#[doc = include_str!("../docs/cached.md")]
///
/// # Shapes
///
/// All of these work, together too. Each is a module of `tests/shapes` in the repository, where a first call misses, an
/// equal one hits, and another one misses.
///
#[doc = include_str!("../docs/shapes.md")]
#[proc_macro_attribute]
pub fn cached(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    pipeline::expand_cached(&arguments.into(), &item.into()).into()
}

/// Makes cached values unusable once an async function or method has changed what they came from.
///
#[doc = include_str!("../docs/invalidates.md")]
#[proc_macro_attribute]
pub fn invalidates(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    pipeline::expand_invalidates(&arguments.into(), &item.into()).into()
}
