//! The attributes of `cached-core`, which re-exports them: depend on that crate instead.
//!
//! Rooms in their order, each of which uses only those above it:
//!
//! | room | from | to |
//! |---|---|---|
//! | `syntax` | tokens | durations, templates, bindings, types |
//! | `parse` | tokens | arguments, functions and `impl` blocks as they are written |
//! | `enclosing` | a source file | the code around a function |
//! | `check` | arguments and their function | all that an expansion needs, or errors |
//! | `expand` | all that it needs | tokens |
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

/// Caches what an async function or method returns, and returns it again for equal arguments.
///
#[doc = include_str!("../docs/cached.md")]
///
/// # Shapes
///
/// All of these work, together too. Each is a module of `tests/shapes` in the repository, where a first call
/// misses, an equal one hits, and another one misses.
///
#[doc = include_str!("../docs/shapes.md")]
#[proc_macro_attribute]
pub fn cached(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    pipeline::expand_cached(&arguments.into(), &item.into()).into()
}

/// Invalidates cached values once an async function or method has changed what they came from.
///
#[doc = include_str!("../docs/invalidates.md")]
#[proc_macro_attribute]
pub fn invalidates(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    pipeline::expand_invalidates(&arguments.into(), &item.into()).into()
}
