//! The functions that a file defines.

use std::collections::BTreeSet;

use syn::{
    ImplItemFn, Item, ItemFn, ItemImpl, ItemMacro, ItemTrait, TraitItemFn, Type,
    visit::{self, Visit},
};

/// Names of functions and macros, and `Type::name` of methods: by the type, and by the trait if it is one's.
pub(super) fn defined_names(items: &[Item]) -> BTreeSet<String> {
    let mut defined = Defined::default();
    for item in items {
        defined.visit_item(item);
    }
    defined.names
}

#[derive(Default)]
struct Defined {
    names: BTreeSet<String>,
    /// The type and the trait around.
    around: Vec<String>,
}

impl Defined {
    fn add(&mut self, name: &str) {
        let of_types = self.around.iter().map(|around| format!("{around}::{name}"));
        self.names.extend(of_types);
        self.names.insert(name.to_owned());
    }
}

impl<'ast> Visit<'ast> for Defined {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.names.insert(item.sig.ident.to_string());
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let of_type = match &*item.self_ty {
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        let of_trait = item
            .trait_
            .as_ref()
            .and_then(|(path, _)| path.segments.last());
        let names = of_type.into_iter().chain(of_trait);
        self.around = names.map(|segment| segment.ident.to_string()).collect();
        visit::visit_item_impl(self, item);
        self.around.clear();
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.around = vec![item.ident.to_string()];
        visit::visit_item_trait(self, item);
        self.around.clear();
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.sig.ident.to_string());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.add(&item.sig.ident.to_string());
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        self.names
            .extend(item.ident.as_ref().map(ToString::to_string));
    }
}
