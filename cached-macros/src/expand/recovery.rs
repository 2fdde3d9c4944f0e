//! After a mistake: the user's function as it was, with companions that do nothing, so that its callers do not
//! fail as well.

mod stubs;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use self::stubs::stubs;
use crate::check::Unfinished;
use crate::diagnostics::Mistakes;

/// The function without our attributes on its parameters, its companions, and every message.
pub(crate) fn annotated(unfinished: &Unfinished, mistakes: Mistakes) -> TokenStream {
    let item = &unfinished.item;
    let stubs = stubs(unfinished);
    other(&quote!(#item #stubs), mistakes)
}

/// The item as it was, and every message.
pub(crate) fn other(item: &TokenStream, mistakes: Mistakes) -> TokenStream {
    let messages = mistakes.into_tokens();
    quote!(#item #messages)
}

#[cfg(test)]
mod tests {
    use crate::{expand_cached, expand_invalidates};

    /// What is left of a function after one mistake.
    fn check(arguments: &str, item: &str, companions: &[&str]) {
        let expanded = expand_cached(&arguments.parse().unwrap(), &item.parse().unwrap());
        let expanded = expanded.to_string();
        assert_eq!(expanded.matches("compile_error").count(), 1, "{arguments}");
        let item: proc_macro2::TokenStream = item.parse().unwrap();
        assert!(expanded.contains(&item.to_string()), "{expanded}");
        for companion in ["key", "peek", "invalidate", "refresh", "uncached"] {
            assert_eq!(
                expanded.contains(&format!("fn {companion} ")),
                companions.contains(&companion),
                "{companion} in {expanded}"
            );
        }
    }

    const ALL: [&str; 5] = ["key", "peek", "invalidate", "refresh", "uncached"];

    #[test]
    fn a_half_typed_attribute_leaves_the_function_and_its_companions() {
        for arguments in [
            "t",
            "ttl",
            "ttl =",
            "ttl = \"",
            "ttl = \"\"",
            "ttl = Duration::",
            "ttl = |value| value.",
            "prefix = \"user:{\"",
            "prefix = \"user:{}\"",
            "skip",
            "skip()",
            "skip(d)",
            "skip(id, d.)",
            "key = (id,) +",
            "cache = self.",
            "tags = [",
            "tags = [\"a:{\"]",
            ", ttl = 5",
            "ttl = 5 ver",
        ] {
            if arguments.parse::<proc_macro2::TokenStream>().is_err() {
                // The editor closes what is open.
                continue;
            }
            check(
                arguments,
                "pub async fn profile(id: u64) -> u64 { id }",
                &ALL,
            );
        }
    }

    #[test]
    fn a_half_typed_body_stays() {
        for body in [
            "id .",
            "let x = ;",
            "id +",
            "match id { 1 => }",
            "db.find(id,).await.",
        ] {
            let item = format!("async fn profile(id: u64) -> u64 {{ {body} }}");
            check("ttl =", &item, &ALL);
            let item = item.parse().unwrap();
            let body: proc_macro2::TokenStream = body.parse().unwrap();
            for expanded in [
                expand_cached(&"ttl = 5".parse().unwrap(), &item),
                expand_invalidates(&"\"user:{id}\"".parse().unwrap(), &item),
                expand_invalidates(&"\"user:{\"".parse().unwrap(), &item),
            ] {
                assert!(expanded.to_string().contains(&body.to_string()), "{body}");
            }
        }
    }

    #[test]
    fn companions_that_may_have_another_name_are_left_out() {
        for arguments in [
            "companions =",
            "companion = off",
            "companions = \"off\"",
            "crate =",
        ] {
            check(arguments, "async fn profile(id: u64) -> u64 { id }", &[]);
        }
        check("ttl = 0, companions = off", "async fn profile() {}", &[]);
    }

    #[test]
    fn what_is_no_function_stays() {
        for item in [
            "struct User ;",
            "async fn profile (id : u64)",
            "async fn profile (id : u64) ;",
        ] {
            let expanded = expand_cached(&"ttl =".parse().unwrap(), &item.parse().unwrap());
            assert!(expanded.to_string().starts_with(item), "{expanded}");
        }
    }
}
