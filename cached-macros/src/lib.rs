//! The attributes of `cached-core`, which re-exports them: depend on that crate instead.

mod args;
mod documentation;
mod duration;
mod expand;
mod fallback;
mod item;
mod mistakes;
mod model;
mod template;

#[cfg(test)]
mod golden;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::item::Item;
use crate::mistakes::Mistakes;
use crate::model::CachedFn;

/// Caches what an async function or method returns, for equal arguments.
#[proc_macro_attribute]
pub fn cached(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand_cached(&arguments.into(), &item.into()).into()
}

fn expand_cached(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = Args::parse(arguments.clone(), &mut mistakes);
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            mistakes.add(error);
            return fallback::other(tokens, mistakes);
        }
    };
    if mistakes.is_empty() {
        let runtime = args.runtime();
        let attribute = item::again(&runtime, arguments);
        if let Some(both) = item.split_at_condition(&attribute) {
            return both;
        }
    }
    match CachedFn::check(args, item.clone(), &mut mistakes) {
        Some(function) => expand::cached(&function),
        None => fallback::annotated(item, mistakes),
    }
}
