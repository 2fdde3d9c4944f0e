//! `#[cached]` on an `impl`: it expands what is annotated inside, because it knows where that stands.

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::check::{CachedFn, CheckedImpl, InvalidatingFn, Within};
use crate::diagnostics::Errors;
use crate::expand::{self, recovery};
use crate::parse::args::{Args, BlockArgs, InvalidatesArgs};
use crate::parse::attribute::conditions;
use crate::parse::impl_block::{self, Annotated, Block, Member};
use crate::parse::item::Item;

/// Everything that takes the place of the block.
pub(super) fn expand_impl(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = BlockArgs::parse(arguments.clone(), &mut errors);
    let block = match Block::read(tokens.clone()) {
        Ok(block) => block,
        Err(error) => {
            errors.report(error);
            return recovery::other(tokens, errors);
        }
    };
    let Block {
        header,
        members,
        mut messages,
    } = block;
    if errors.is_empty() && messages.is_empty() && !members.iter().any(Member::is_annotated) {
        errors.report_at(header.parsed.impl_token.span, "`#[cached]` on an `impl` caches the functions that say so: write `#[cached(ttl = \"5m\")]` above each that is to be cached");
    }
    let (mut body, mut beside) = (TokenStream::new(), TokenStream::new());
    let checked = CheckedImpl::new(header);
    let barred = checked.refuse_companions();
    let mut wants_place = false;
    for member in members {
        match member {
            Member::Written(tokens) | Member::Cut(tokens) => body.extend(tokens),
            Member::Annotated(annotated) => {
                let conditions = conditions(&annotated.item.attributes);
                let (expanded, own) = one(
                    *annotated,
                    &args,
                    &checked,
                    barred.is_none(),
                    &mut wants_place,
                );
                let [function, companions] = expanded;
                body.extend(function);
                if checked.is_of_trait() {
                    beside.extend(companions);
                } else {
                    body.extend(companions);
                }
                messages.extend(own.into_tokens_if(&conditions));
            }
        }
    }
    if wants_place && let Some(error) = barred {
        errors.report(error);
    }
    let mut expanded = expand::impl_block(&checked, body, beside);
    expanded.extend(messages);
    recovery::other(&expanded, errors)
}

/// What takes the place of a function, its companions, and what is wrong with it.
fn one(
    annotated: Annotated,
    outer: &BlockArgs,
    checked: &CheckedImpl,
    mut has_place: bool,
    wants_place: &mut bool,
) -> ([TokenStream; 2], Errors) {
    let Annotated {
        arguments,
        mut item,
        mut errors,
    } = annotated;
    let mut args = Args::parse(arguments, &mut errors);
    if args.runtime.is_none() {
        args.runtime.clone_from(&outer.runtime);
    }
    let within = checked.within();
    let named = args.companions_of(&item.signature.ident).cloned();
    *wants_place |= named.is_some();
    has_place |= named.is_none();
    if let (Within::Trait { .. }, Some(name)) = (&within, named) {
        has_place &= checked.check_names(&name, &mut errors);
    }
    // Both attributes tell what is wrong with them.
    let invalidating = invalidating(item.clone(), outer, &mut errors);
    let whole = invalidating.unwrap_or_else(|| item.clone());
    let expanded = match CachedFn::check(args, whole, within, &mut errors) {
        Ok(function) if has_place => [
            expand::user_function(&function),
            expand::companions(&function),
        ],
        checked => {
            item.attributes
                .iter_mut()
                .filter(|attribute| impl_block::is_open(attribute))
                .for_each(|attribute| drop(impl_block::close(attribute)));
            // What is wrong with them is told behind the block.
            item.take_skips(&mut Errors::default());
            let stubs = checked.err().filter(|_| has_place);
            let stubs = stubs.map(|unfinished| recovery::stubs(&unfinished));
            [item.into_token_stream(), stubs.unwrap_or_default()]
        }
    };
    (expanded, errors)
}

/// The function with its `#[invalidates(...)]` expanded: only a call whose body ran invalidates.
fn invalidating(mut item: Item, outer: &BlockArgs, errors: &mut Errors) -> Option<Item> {
    while let Some(attribute) = item
        .attributes
        .iter_mut()
        .rfind(|attribute| impl_block::is_open(attribute))
    {
        let mut args = InvalidatesArgs::parse(impl_block::close(attribute), errors);
        if args.runtime.is_none() {
            args.runtime.clone_from(&outer.runtime);
        }
        let function = InvalidatingFn::check(args, item, errors)?;
        item = errors.ok_or_report(Item::parse("cached", expand::invalidates(&function)))?;
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
