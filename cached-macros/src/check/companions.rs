//! The companions of a cached function, and whether there is a place for them.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::Signature;
use syn::ext::IdentExt as _;

use super::impl_context::ImplContext;
use crate::diagnostics::Errors;
use crate::enclosing::{Place, find_place};
use crate::parse::args::Written;
use crate::parse::item::Item;
use crate::syntax::tokens::{find_ident, to_ours};

/// The companions that a function has.
pub(crate) enum Companions {
    Off,
    /// Functions of a struct of this name.
    Struct(Ident),
    /// Functions whose names begin so, among those of `Self`.
    Methods(String),
}

/// Decides which companions a function has.
pub(super) fn choose_companions(
    written: Option<Written<Ident>>,
    signature: &Signature,
    context: &ImplContext,
) -> Companions {
    let name = written.map_or_else(|| signature.ident.clone(), |name| name.value);
    if name == "off" {
        Companions::Off
    } else if signature.receiver().is_some() || context.is_seen() {
        Companions::Methods(name.unraw().to_string())
    } else {
        Companions::Struct(to_ours(&name))
    }
}

/// Returns true if the companions may stand beside the function, as far as can be seen; else reports an error.
pub(super) fn check_place(
    context: &ImplContext,
    companions: &Companions,
    item: &Item,
    errors: &mut Errors,
) -> bool {
    if context.is_seen() || matches!(companions, Companions::Off) {
        return true;
    }
    let name = &item.signature.ident;
    let has_self = item.signature.receiver().is_some();
    let message = match find_place(&item.signature) {
        Some(Place::TraitImpl) => format!(
            "`{name}` is in the `impl` of a trait, which has no place for companions: write `#[cached]` above the `impl` as well, or `companions = off` here"
        ),
        Some(Place::Impl) if !has_self => format!(
            "`{name}` has no `self`, and companions of such a function have no place in an `impl`: write `#[cached]` above the `impl` as well, or `companions = off` here"
        ),
        Some(Place::Trait) => format!(
            "`{name}` is in a `trait`, which has no place for companions: write `companions = off`"
        ),
        Some(Place::Beside(what)) if matches!(companions, Companions::Struct(own) if own == name) =>
        {
            format!(
                "{what} is called `{name}` as well, and so is the type whose functions the companions are: write `companions = {name}_cache`"
            )
        }
        None if !has_self => return check_self(item, errors),
        _ => return true,
    };
    errors.report_on(name, message);
    false
}

/// Looks for a use of `Self`, which alone tells that a function without `self` is in an `impl` where its place
/// cannot be seen.
fn check_self(item: &Item, errors: &mut Errors) -> bool {
    let is_self = |ident: &Ident| ident == "Self";
    let is_item =
        |ident: &Ident| ident == "impl" || ident == "trait" || ident == "struct" || ident == "enum";
    let in_signature = find_ident(item.signature.to_token_stream(), &is_self);
    let found = in_signature.or_else(|| {
        let body = &item.body;
        find_ident(body.clone(), &is_self).filter(|_| find_ident(body.clone(), &is_item).is_none())
    });
    let Some(found) = found else {
        return true;
    };
    errors.report_on(found, "companions of a function without `self` have no place in an `impl`: write `#[cached]` above the `impl` as well, or `companions = off` here");
    false
}
