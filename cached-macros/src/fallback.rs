//! After a mistake: the user's function as it was, so that its callers do not fail as well.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::item::Item;
use crate::mistakes::Mistakes;

/// The function without our attributes on its parameters, and every message.
pub(crate) fn annotated(mut item: Item, mistakes: Mistakes) -> TokenStream {
    // What is wrong with them is already noted.
    item.take_skips(&mut Mistakes::default());
    other(&item.to_token_stream(), mistakes)
}

/// The item as it was, and every message.
pub(crate) fn other(item: &TokenStream, mistakes: Mistakes) -> TokenStream {
    let messages = mistakes.into_tokens();
    quote!(#item #messages)
}
