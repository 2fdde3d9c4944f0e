//! What the attributes of a program register at link time: its functions, and the templates it invalidates.

use crate::key::function::Function;

/// A function that `install` and the statistics know although it was not called yet.
#[derive(Debug)]
pub struct Registered(pub &'static Function);

inventory::collect!(Registered);

/// A pattern or a tag that an annotated function invalidates.
#[derive(Debug)]
pub struct Named {
    /// With the numbers of components in it.
    pub template: &'static str,
    /// Whether it is a tag.
    pub is_tag: bool,
    /// The module in which it is written.
    pub module: &'static str,
}

inventory::collect!(Named);

/// Registers a template where it is written, and is that template.
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
