//! What a function stands in, for messages alone: its tokens do not tell.
//!
//! The compiler says in which file and at which place a name was written. What that file has around the
//! place is found by counting braces, because a file that is being edited rarely parses. A file that cannot
//! be read, a name that is not there (a macro made it) and code inside a macro say nothing.

mod frame;
mod lexer;
mod scan;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::Signature;
use syn::ext::IdentExt as _;

use crate::check::Companions;
use crate::diagnostics::Errors;
use crate::parse::item::Item;
use crate::syntax::tokens::find;

/// The braces around a function.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Place {
    /// The `impl` of a type.
    Impl,
    /// The `impl` of a trait for a type.
    TraitImpl,
    Trait,
    /// This has the same name.
    Beside(&'static str),
    #[default]
    Elsewhere,
}

/// Line and column of a name, both from one.
type Position = (usize, usize);

/// The functions of a file by the place of their names.
type Functions = HashMap<Position, (String, Place)>;

/// A file as it was when it was read.
struct File {
    path: PathBuf,
    version: (u64, Option<SystemTime>),
    functions: Functions,
}

/// Functions come file by file, so one file is enough.
static LAST: Mutex<Option<File>> = Mutex::new(None);

/// What the function stands in, if that can be seen: a macro may have its name from elsewhere.
fn place(signature: &Signature) -> Option<Place> {
    if !proc_macro::is_available() {
        return None;
    }
    let name = &signature.ident;
    let by_name = place_at(name.span().unwrap(), &name.unraw().to_string());
    by_name.or_else(|| {
        let place = place_at(signature.fn_token.span.unwrap(), "fn")?;
        // What the arm of a macro does not show may be around its use.
        (place != Place::Elsewhere).then_some(place)
    })
}

/// What is around this word, which stands there in its file.
fn place_at(span: proc_macro::Span, word: &str) -> Option<Place> {
    let path = span.local_file()?;
    let metadata = std::fs::metadata(&path).ok()?;
    let version = (metadata.len(), metadata.modified().ok());
    let mut last = LAST.lock().ok()?;
    let is_known = |file: &File| file.path == path && file.version == version;
    if !last.as_ref().is_some_and(is_known) {
        let functions = scan::functions(&std::fs::read_to_string(&path).ok()?);
        *last = Some(File {
            path,
            version,
            functions,
        });
    }
    let functions = &last.as_ref()?.functions;
    let (written, place) = functions.get(&(span.line(), span.column()))?;
    (word == written).then_some(*place)
}

/// Whether companions may stand beside the function, as far as can be seen; else it is a mistake.
pub(crate) fn check(item: &Item, companions: &Companions, errors: &mut Errors) -> bool {
    let name = &item.signature.ident;
    let has_self = item.signature.receiver().is_some();
    let message = match place(&item.signature) {
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

/// A function without `self` in an `impl` can only be told by its use of `Self` where its place cannot be seen.
fn check_self(item: &Item, errors: &mut Errors) -> bool {
    let is_self = |ident: &Ident| ident == "Self";
    let is_item =
        |ident: &Ident| ident == "impl" || ident == "trait" || ident == "struct" || ident == "enum";
    let in_signature = find(item.signature.to_token_stream(), &is_self);
    let found = in_signature.or_else(|| {
        let body = &item.body;
        find(body.clone(), &is_self).filter(|_| find(body.clone(), &is_item).is_none())
    });
    let Some(found) = found else {
        return true;
    };
    errors.report_on(found, "companions of a function without `self` have no place in an `impl`: write `#[cached]` above the `impl` as well, or `companions = off` here");
    false
}
