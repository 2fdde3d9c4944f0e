//! Names that an expansion could stumble over: every module here takes them all.

#![allow(
    clippy::redundant_pub_crate,
    reason = "`unreachable_pub` wants the opposite"
)]

/// Not the crate.
pub mod core {}

/// Not the crate.
pub mod std {}

/// Not the crate.
pub mod alloc {}

/// Not the crate.
pub mod cached_core {}

/// Takes the names of crates, of what is in the prelude and of its macros, for the module it is called in.
macro_rules! take_names {
    () => {
        #[allow(unused_imports, reason = "they are there to be stumbled over")]
        use crate::taken::names::{
            AsyncFn, Box, Clone, Default, Drop, Err, Fn, From, Future, Into, None, Ok, Option,
            Result, Send, Some, String, Sync, Vec, alloc, assert, cached_core, concat, core,
            format, module_path, panic, std, unreachable,
        };
    };
}

pub(crate) use take_names;

/// What stands under those names.
pub(crate) mod names {
    pub(crate) use crate::taken::{alloc, cached_core, core, std};

    macro_rules! nothing {
        ($($name:ident)*) => {$(
            #[allow(unused_macros, reason = "it is there to be stumbled over")]
            macro_rules! $name {
                () => {};
            }
            #[allow(unused_imports, reason = "one of them may be needed nowhere")]
            pub(crate) use $name;
        )*};
    }

    nothing!(assert concat format module_path panic unreachable);

    macro_rules! things {
        ($($name:ident)*) => {$(
            #[allow(dead_code, reason = "it is there to be stumbled over")]
            pub(crate) struct $name;
        )*};
    }

    things!(AsyncFn Box Clone Default Drop Err Fn From Future Into None Ok Option Result Send Some String Sync Vec);
}
