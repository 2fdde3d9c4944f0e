//! `#[cached]` on an `impl`: expands what is annotated inside, because it knows where that stands.

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::check::{CachedFn, CheckedImpl, ImplContext, InvalidatingFn};
use crate::diagnostics::Errors;
use crate::expand::{
    expand_companions, expand_function, expand_impl_block, expand_invalidating_fn, expand_stubs,
    keep_item,
};
use crate::parse::args::{Args, ImplArgs, InvalidatesArgs};
use crate::parse::attribute::select_conditions;
use crate::parse::impl_block::{Annotated, ImplBlock, Member, is_open_invalidates, take_arguments};
use crate::parse::item::Item;

/// Expands an `impl` with all that is annotated in it.
pub(super) fn expand_impl(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = ImplArgs::parse(arguments.clone(), &mut errors);
    let block = match ImplBlock::parse(tokens.clone()) {
        Ok(block) => block,
        Err(error) => {
            errors.report(error);
            return keep_item(tokens, errors);
        }
    };
    let ImplBlock {
        header,
        members,
        mut messages,
    } = block;
    if errors.is_empty() && messages.is_empty() && !members.iter().any(Member::is_annotated) {
        errors.report_at(header.parsed.impl_token.span, "`#[cached]` on an `impl` caches the functions that say so: write `#[cached(ttl = \"5m\")]` above each that is to be cached");
    }
    let checked = CheckedImpl::new(header);
    let barred = checked.refuse_companions();
    let (mut body, mut beside) = (TokenStream::new(), TokenStream::new());
    let mut want_place = false;
    for member in members {
        let annotated = match member {
            Member::Verbatim(tokens) | Member::Bodiless(tokens) => {
                body.extend(tokens);
                continue;
            }
            Member::Annotated(annotated) => *annotated,
        };
        let conditions = select_conditions(&annotated.item.attributes);
        let expanded = expand_annotated(annotated, &args, &checked, barred.is_none());
        want_place |= expanded.wants_companions;
        body.extend(expanded.function);
        if checked.is_of_trait() {
            beside.extend(expanded.companions);
        } else {
            body.extend(expanded.companions);
        }
        messages.extend(expanded.errors.into_tokens_if(&conditions));
    }
    if want_place && let Some(error) = barred {
        errors.report(error);
    }
    let mut expanded = expand_impl_block(&checked, body, beside);
    expanded.extend(messages);
    keep_item(&expanded, errors)
}

/// An annotated function in its `impl`, expanded.
struct Expanded {
    function: TokenStream,
    companions: TokenStream,
    wants_companions: bool,
    errors: Errors,
}

/// Expands an annotated function.
fn expand_annotated(
    annotated: Annotated,
    outer: &ImplArgs,
    checked: &CheckedImpl,
    mut has_place: bool,
) -> Expanded {
    let Annotated {
        arguments,
        mut item,
        mut errors,
    } = annotated;
    let mut args = Args::parse(arguments, &mut errors);
    if args.runtime.is_none() {
        args.runtime.clone_from(&outer.runtime);
    }
    let context = checked.context();
    let name = args.name_companions(&item.signature.ident).cloned();
    let wants_companions = name.is_some();
    has_place |= name.is_none();
    if let (ImplContext::Trait { .. }, Some(name)) = (&context, name) {
        has_place &= checked.check_names(&name, &mut errors);
    }
    // Both attributes report their errors.
    let invalidating = expand_invalidates(item.clone(), outer, &mut errors);
    let whole = invalidating.unwrap_or_else(|| item.clone());
    let [function, companions] = match CachedFn::check(args, whole, context, &mut errors) {
        Ok(function) if has_place => [expand_function(&function), expand_companions(&function)],
        result => {
            item.attributes
                .iter_mut()
                .filter(|attribute| is_open_invalidates(attribute))
                .for_each(|attribute| drop(take_arguments(attribute)));
            // Their errors are reported behind the `impl`.
            item.take_skips(&mut Errors::default());
            let stubs = result.err().filter(|_| has_place);
            let stubs = stubs.map(|rejected| expand_stubs(&rejected));
            [item.into_token_stream(), stubs.unwrap_or_default()]
        }
    };
    Expanded {
        function,
        companions,
        wants_companions,
        errors,
    }
}

/// Expands the `#[invalidates(...)]` of a function: only a call whose body ran invalidates.
fn expand_invalidates(mut item: Item, outer: &ImplArgs, errors: &mut Errors) -> Option<Item> {
    while let Some(attribute) = item
        .attributes
        .iter_mut()
        .rfind(|attribute| is_open_invalidates(attribute))
    {
        let mut args = InvalidatesArgs::parse(take_arguments(attribute), errors);
        if args.runtime.is_none() {
            args.runtime.clone_from(&outer.runtime);
        }
        let function = InvalidatingFn::check(args, item, errors)?;
        let expanded = expand_invalidating_fn(&function);
        item = errors.ok_or_report(Item::parse("cached", expanded))?;
    }
    Some(item)
}

#[cfg(test)]
mod tests {
    use crate::pipeline::{expand_cached, expand_invalidates};

    fn expanded(arguments: &str, item: &str) -> String {
        let expanded = expand_cached(&arguments.parse().unwrap(), &item.parse().unwrap());
        expanded.to_string()
    }

    fn tokens(text: &str) -> String {
        let tokens: proc_macro2::TokenStream = text.parse().unwrap();
        tokens.to_string()
    }

    #[test]
    fn what_is_not_annotated_is_not_read() {
        for other in [
            "async fn other(&self) { self. }",
            "fn other() -> ",
            "async",
            "#[cached] fn",
            "#[inline] pub",
            "const A: = 1;",
            "let x = ;",
            "type =",
        ] {
            let block = format!(
                "impl Users for Repo {{ #[cached] async fn find(&self, id: u64) -> u64 {{ id. }} {other} }}"
            );
            let expanded = expanded("", &block);
            let written = tokens(other.trim_start_matches("#[cached]"));
            assert!(expanded.contains(&written), "{expanded}");
            assert!(expanded.contains("fn find_key"), "{expanded}");
            let errors = expanded.matches("compile_error").count();
            assert_eq!(errors, other.matches("#[cached]").count(), "{other}");
        }
    }

    #[test]
    fn a_half_typed_attribute_leaves_all_functions_and_companions() {
        for half in ["ttl =", "prefix = \"user:{\"", "skip", "key = (id,) +"] {
            let block = format!(
                "impl Users for Repo {{ #[cached({half})] async fn find(id: u64) -> u64 {{ id }} #[cached] async fn made(id: u64) -> u64 {{ id }} }}"
            );
            let expanded = expanded("", &block);
            assert_eq!(expanded.matches("compile_error").count(), 1, "{half}");
            for name in ["fn find (", "fn find_key", "fn made (", "fn made_key"] {
                assert!(expanded.contains(name), "{name} in {expanded}");
            }
        }
    }

    #[test]
    fn a_half_typed_block_stays() {
        for block in [
            "impl",
            "impl Users for",
            "impl Users for { }",
            "impl<T Repo { }",
            "impl const { }",
        ] {
            assert!(expanded("", block).starts_with(&tokens(block)), "{block}");
        }
    }

    #[test]
    fn only_what_the_block_declares_is_spelled_out() {
        let expanded = expanded(
            "",
            "impl Table<u8> for Repo { type Row = u64; #[cached(key = (Self::id(key), vec![Self::Row::MAX, Self::OTHER]))] async fn row(key: Self::Key) -> Option<Self::Row> { None } fn id(key: u8) -> u8 { key } }",
        );
        let (block, beside) = expanded.split_once("impl Repo").unwrap();
        assert!(!block.contains("as Table"), "{block}");
        for spelled in [
            "Option < < Self as Table < u8 > > :: Row >",
            "< Self as Table < u8 > > :: id (key)",
            "< Self as Table < u8 > > :: Row :: MAX , Self :: OTHER",
            "key : Self :: Key",
            "Self :: row_key",
        ] {
            assert!(beside.contains(&tokens(spelled)), "{spelled} in {beside}");
        }
    }

    #[test]
    fn an_expanded_attribute_does_nothing() {
        let item = "async fn find (id : u64) { }";
        assert_eq!(expanded("__done", item), item);
        let done = expand_invalidates(&"__done".parse().unwrap(), &item.parse().unwrap());
        assert_eq!(done.to_string(), item);
    }
}
