//! The file that a function is written in.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use syn::Signature;
use syn::ext::IdentExt as _;

use super::place::{Functions, Place};
use super::scan::scan_functions;

/// A file as it was when it was read.
struct File {
    path: PathBuf,
    version: (u64, Option<SystemTime>),
    functions: Functions,
}

/// The file that was read last: functions come file by file, so one is enough.
static LAST: Mutex<Option<File>> = Mutex::new(None);

/// Finds the place of a function, if that can be seen: a macro may have its name from elsewhere.
pub(crate) fn find_place(signature: &Signature) -> Option<Place> {
    if !proc_macro::is_available() {
        return None;
    }
    let name = &signature.ident;
    let by_name = find_place_at(name.span().unwrap(), &name.unraw().to_string());
    by_name.or_else(|| {
        let place = find_place_at(signature.fn_token.span.unwrap(), "fn")?;
        // What the arm of a macro does not show may be around its use.
        (place != Place::Elsewhere).then_some(place)
    })
}

/// Finds the place of the function of this name, or of this `fn`, if the word stands there in its file.
fn find_place_at(span: proc_macro::Span, word: &str) -> Option<Place> {
    let path = span.local_file()?;
    let metadata = std::fs::metadata(&path).ok()?;
    let version = (metadata.len(), metadata.modified().ok());
    let mut last = LAST.lock().ok()?;
    let is_known = |file: &File| file.path == path && file.version == version;
    if !last.as_ref().is_some_and(is_known) {
        let functions = scan_functions(&std::fs::read_to_string(&path).ok()?);
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
