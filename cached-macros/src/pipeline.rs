//! The way of an attribute and its item through all rooms: parse, check, expand.

mod impl_block;

use proc_macro2::TokenStream;

use self::impl_block::expand_impl;
use crate::check::{CachedFn, ImplContext, InvalidatingFn};
use crate::diagnostics::Errors;
use crate::expand::{expand_cached_fn, expand_invalidating_fn, expand_rejected_fn, keep_item};
use crate::parse::args::{Args, InvalidatesArgs};
use crate::parse::attribute::take_repeated;
use crate::parse::impl_block::{is_done, is_impl};
use crate::parse::item::{Item, quote_attribute};

/// Expands `#[cached]` on a function, or on an `impl`.
pub(crate) fn expand_cached(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    if is_done(arguments) {
        return tokens.clone();
    }
    if is_impl(tokens) {
        return expand_impl(arguments, tokens);
    }
    let mut errors = Errors::default();
    let args = Args::parse(arguments.clone(), &mut errors);
    let item = match Item::parse("cached", tokens.clone()) {
        Ok(mut item) => {
            take_repeated(&mut item.attributes, &mut errors);
            item
        }
        Err(error) => {
            errors.report(error);
            return keep_item(tokens, errors);
        }
    };
    let attribute = quote_attribute(&args.quote_runtime(), "cached", arguments);
    if let Some(moved) = item.move_below_invalidates(&attribute) {
        return moved;
    }
    // The one that is there reports its errors.
    if !args.is_unclear
        && let Some(both) = item.split_at_condition(&attribute)
    {
        return both;
    }
    match CachedFn::check(args, item, ImplContext::Unseen, &mut errors) {
        Ok(function) => expand_cached_fn(&function),
        Err(rejected) => expand_rejected_fn(&rejected, errors),
    }
}

/// Expands `#[invalidates]` on a function.
pub(crate) fn expand_invalidates(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    if is_done(arguments) {
        return tokens.clone();
    }
    let mut errors = Errors::default();
    let args = InvalidatesArgs::parse(arguments.clone(), &mut errors);
    let item = match Item::parse("invalidates", tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            errors.report(error);
            return keep_item(tokens, errors);
        }
    };
    if errors.is_empty() {
        let attribute = quote_attribute(&args.quote_runtime(), "invalidates", arguments);
        if let Some(both) = item.split_at_condition(&attribute) {
            return both;
        }
    }
    match InvalidatingFn::check(args, item, &mut errors) {
        Some(function) => expand_invalidating_fn(&function),
        None => keep_item(tokens, errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares what is left of a function after one error.
    fn check(arguments: &str, item: &str, companions: &[&str]) {
        let expanded = expand_cached(&arguments.parse().unwrap(), &item.parse().unwrap());
        let expanded = expanded.to_string();
        assert_eq!(expanded.matches("compile_error").count(), 1, "{arguments}");
        let item: TokenStream = item.parse().unwrap();
        assert!(expanded.contains(&item.to_string()), "{expanded}");
        for companion in ["key", "peek", "invalidate", "refresh", "uncached"] {
            assert_eq!(
                expanded.contains(&format!("fn {companion} ")),
                companions.contains(&companion),
                "{companion} in {expanded}"
            );
        }
    }

    const ALL: [&str; 5] = ["key", "peek", "invalidate", "refresh", "uncached"];

    #[test]
    fn a_half_typed_attribute_leaves_the_function_and_its_companions() {
        for arguments in [
            "t",
            "ttl",
            "ttl =",
            "ttl = \"",
            "ttl = \"\"",
            "ttl = Duration::",
            "ttl = |value| value.",
            "prefix = \"user:{\"",
            "prefix = \"user:{}\"",
            "skip",
            "skip()",
            "skip(d)",
            "skip(id, d.)",
            "key = (id,) +",
            "cache = self.",
            "tags = [",
            "tags = [\"a:{\"]",
            ", ttl = 5",
            "ttl = 5 ver",
        ] {
            if arguments.parse::<TokenStream>().is_err() {
                // The editor closes what is open.
                continue;
            }
            check(
                arguments,
                "pub async fn profile(id: u64) -> u64 { id }",
                &ALL,
            );
        }
    }

    #[test]
    fn a_half_typed_body_stays() {
        for body in [
            "id .",
            "let x = ;",
            "id +",
            "match id { 1 => }",
            "db.find(id,).await.",
        ] {
            let item = format!("async fn profile(id: u64) -> u64 {{ {body} }}");
            check("ttl =", &item, &ALL);
            let item = item.parse().unwrap();
            let body: TokenStream = body.parse().unwrap();
            for expanded in [
                expand_cached(&"ttl = 5".parse().unwrap(), &item),
                expand_invalidates(&"\"user:{id}\"".parse().unwrap(), &item),
                expand_invalidates(&"\"user:{\"".parse().unwrap(), &item),
            ] {
                assert!(expanded.to_string().contains(&body.to_string()), "{body}");
            }
        }
    }

    #[test]
    fn companions_that_may_have_another_name_are_left_out() {
        for arguments in [
            "companions =",
            "companion = off",
            "companions = \"off\"",
            "crate =",
        ] {
            check(arguments, "async fn profile(id: u64) -> u64 { id }", &[]);
        }
        check("ttl = 0, companions = off", "async fn profile() {}", &[]);
    }

    #[test]
    fn what_is_no_function_stays() {
        for item in [
            "struct User ;",
            "async fn profile (id : u64)",
            "async fn profile (id : u64) ;",
        ] {
            let expanded = expand_cached(&"ttl =".parse().unwrap(), &item.parse().unwrap());
            assert!(expanded.to_string().starts_with(item), "{expanded}");
        }
    }

    #[test]
    fn self_tells_of_an_impl_where_no_file_does() {
        let check = |item: &str, has_place: bool| {
            let expanded = expand_cached(&"ttl = 5".parse().unwrap(), &item.parse().unwrap());
            let is_refused = expanded.to_string().contains("compile_error");
            assert_eq!(is_refused, !has_place, "{item}");
        };
        check("async fn of(id: u64) -> Option<Self> { None }", false);
        check("async fn of(id: u64) -> u64 { Self::ID }", false);
        check("async fn of(&self, id: u64) -> u64 { Self::ID }", true);
        check("async fn of(id: u64) -> u64 { id }", true);
        check(
            "async fn of(id: u64) { impl User { const ID: Self = Self; } }",
            true,
        );
    }
}
