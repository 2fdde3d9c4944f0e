//! Code that is compiled for tests only, by its `cfg`.

use syn::{Attribute, ImplItem, Item, Meta, Token, TraitItem, punctuated::Punctuated};

/// Returns `true` if `attributes` keep an item out of what a user compiles.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<Meta>()
                .is_ok_and(|condition| known(&condition) == Some(false))
    })
}

/// The value of a condition outside tests, if `test` and `cached_loom` decide it.
fn known(condition: &Meta) -> Option<bool> {
    let Meta::List(list) = condition else {
        let is_for_tests =
            condition.path().is_ident("test") || condition.path().is_ident("cached_loom");
        return is_for_tests.then_some(false);
    };
    let parts = list
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    let parts: Vec<_> = parts.iter().map(known).collect();
    if list.path.is_ident("not") {
        parts.first().copied().flatten().map(|value| !value)
    } else if list.path.is_ident("all") {
        parts.contains(&Some(false)).then_some(false)
    } else if list.path.is_ident("any") {
        parts
            .iter()
            .all(|part| *part == Some(false))
            .then_some(false)
    } else {
        None
    }
}

/// The attributes of an item of a module.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of an item of an `impl`.
pub(crate) fn attributes_in_impl(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of an item of a trait.
pub(crate) fn attributes_in_trait(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        TraitItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

#[test]
fn a_condition_that_only_tests_meet_is_found() {
    let is_for_tests_with = |condition: &str| {
        let item: Item = syn::parse_str(&format!("#[cfg({condition})] fn f() {{}}")).unwrap();
        is_for_tests(attributes(&item))
    };
    for condition in [
        "test",
        "cached_loom",
        "any(test, cached_loom)",
        "all(test, unix)",
    ] {
        assert!(is_for_tests_with(condition), "{condition}");
    }
    for condition in [
        "unix",
        "not(test)",
        "not(cached_loom)",
        "any(test, unix)",
        "feature = \"test\"",
    ] {
        assert!(!is_for_tests_with(condition), "{condition}");
    }
}
