//! `#[cached]` on an `impl`: it expands what is annotated inside, because it knows where that stands.

mod header;
mod read;

use proc_macro2::TokenStream;

pub(crate) use self::header::Header;
use self::read::{Annotated, Block, Member};
use crate::args::{Args, BlockArgs, InvalidatesArgs};
use crate::item::Item;
use crate::mistakes::Mistakes;
use crate::model::{CachedFn, InvalidatingFn, Within};
use crate::{expand, fallback};

pub(crate) use self::read::{is_block, is_done};

/// Everything that takes the place of the block.
pub(crate) fn expand(arguments: &TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = BlockArgs::parse(arguments.clone(), &mut mistakes);
    let block = match Block::read(tokens.clone(), &mut mistakes) {
        Ok(block) => block,
        Err(error) => {
            mistakes.add(error);
            return fallback::other(tokens, mistakes);
        }
    };
    let Block { header, members } = block;
    if mistakes.is_empty() && !members.iter().any(Member::is_annotated) {
        mistakes.at(header.own.impl_token.span, "`#[cached]` on an `impl` caches the functions that say so: write `#[cached(ttl = \"5m\")]` above each that is to be cached");
    }
    let (mut body, mut beside) = (TokenStream::new(), TokenStream::new());
    let mut is_barred = false;
    for member in members {
        match member {
            Member::Written(tokens) => body.extend(tokens),
            Member::Annotated(annotated) => {
                let mut own = Mistakes::default();
                let [function, companions] =
                    one(*annotated, &args, &header, &mut is_barred, &mut own);
                body.extend(function);
                if header.own.trait_.is_some() {
                    beside.extend(companions);
                } else {
                    body.extend(companions);
                }
                mistakes.append(own);
            }
        }
    }
    if is_barred && let Some(error) = header.barred() {
        mistakes.add(error);
    }
    let expanded = expand::block(&header, body, beside);
    fallback::other(&expanded, mistakes)
}

/// What takes the place of a function, and its companions.
fn one(
    annotated: Annotated,
    outer: &BlockArgs,
    header: &Header,
    is_barred: &mut bool,
    mistakes: &mut Mistakes,
) -> [TokenStream; 2] {
    let Annotated {
        arguments,
        mut item,
    } = annotated;
    let mut args = Args::parse(arguments, mistakes);
    if args.runtime.is_none() {
        args.runtime.clone_from(&outer.runtime);
    }
    let within = header.within();
    let named = args.companions_of(&item.signature.ident).cloned();
    let has_place = named.is_none() || header.barred().is_none();
    *is_barred |= !has_place;
    if let (Within::Trait(_), Some(name)) = (&within, named) {
        header.check_names(&name, mistakes);
    }
    // Both attributes tell what is wrong with them.
    let invalidating = invalidating(item.clone(), outer, mistakes);
    let whole = invalidating.unwrap_or_else(|| item.clone());
    match CachedFn::check(args, whole, within, mistakes) {
        Some(function) if has_place => [
            expand::user_function(&function),
            expand::companions(&function),
        ],
        _ => {
            item.attributes
                .iter_mut()
                .filter(|attribute| read::is_open(attribute))
                .for_each(|attribute| drop(read::close(attribute)));
            // The messages are the block's.
            [
                fallback::annotated(item, Mistakes::default()),
                TokenStream::new(),
            ]
        }
    }
}

/// The function with its `#[invalidates(...)]` expanded: only a call whose body ran invalidates.
fn invalidating(mut item: Item, outer: &BlockArgs, mistakes: &mut Mistakes) -> Option<Item> {
    while let Some(attribute) = item
        .attributes
        .iter_mut()
        .rfind(|attribute| read::is_open(attribute))
    {
        let mut args = InvalidatesArgs::parse(read::close(attribute), mistakes);
        if args.runtime.is_none() {
            args.runtime.clone_from(&outer.runtime);
        }
        let function = InvalidatingFn::check(args, item, mistakes)?;
        item = mistakes.check(Item::parse("cached", expand::invalidates(&function)))?;
    }
    Some(item)
}
