//! Registry that the attributes of a program fill at link time: its cached functions, and the templates it invalidates.

use crate::key::function::Function;

/// A cached function, which `install` and the statistics know although it was not called yet.
#[derive(Debug)]
pub struct Registered(pub &'static Function);

inventory::collect!(Registered);

/// A pattern or a tag that an annotated function invalidates.
#[derive(Debug)]
pub struct Named {
    /// Its text, with the numbers of components in braces.
    pub template: &'static str,
    /// True if it is a tag.
    pub is_tag: bool,
    /// The path of the module in which it is written.
    pub module: &'static str,
}

inventory::collect!(Named);

/// Registers a template where it is written, and evaluates to that template.
#[macro_export]
#[doc(hidden)]
macro_rules! __named {
    ($template:literal, $is_tag:literal) => {{
        $crate::__private::inventory::submit! {
            $crate::__private::Named {
                template: $template,
                is_tag: $is_tag,
                module: ::core::module_path!(),
            }
        }
        $template
    }};
}
