//! Identity of a function among others: the beginning of its digests, and the group of all its calls.

use super::Declared;
use crate::encoding::escape;

/// The beginning of the names of functions' groups.
const FUNCTION_GROUP: &str = "%fn:";

impl Declared {
    /// Returns its identity: parts with their lengths before them, so that no two lists of parts are alike.
    pub(super) fn identity(&self) -> Vec<u8> {
        let mut identity = Vec::with_capacity(96);
        let mut part = |bytes: &[u8]| {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            identity.extend_from_slice(&length.to_le_bytes());
            identity.extend_from_slice(bytes);
        };
        if let Some(id) = self.id {
            part(b"id");
            part(id.as_bytes());
        } else {
            part(b"name");
            part(self.name.as_bytes());
            part(self.enclosing().as_bytes());
            if let Some(of) = self.of_trait {
                part(b"of");
                part(of.as_bytes());
            }
        }
        part(&self.version.to_le_bytes());
        // A version with other tags has other groups, so it needs keys of its own: each keeps its own entries.
        let count = u32::try_from(self.tags.len()).unwrap_or(u32::MAX);
        part(&count.to_le_bytes());
        for template in self.tags {
            part(template.as_bytes());
        }
        identity
    }

    /// Returns the name of the group of all its calls, unless the readable part of its keys is one already.
    ///
    /// The version is no part of it: all versions of a function are one group. An `id` pins this as well.
    pub(super) fn marker(&self) -> Option<String> {
        let enclosing = match self.id {
            Some(_) => "",
            None => self.enclosing(),
        };
        if self.prefix.is_none() && enclosing.is_empty() {
            return None;
        }
        let mut marker = String::from(FUNCTION_GROUP);
        match self.id {
            Some(id) => marker.push_str(&escape_id(id)),
            None => marker.push_str(&self.name.replace("::", ":")),
        }
        if !enclosing.is_empty() {
            marker.push(':');
            escape::push_text(&mut marker, enclosing);
        }
        if let Some(of) = self.of_trait.filter(|_| self.id.is_none()) {
            marker.push(':');
            escape::push_text(&mut marker, of);
        }
        Some(marker)
    }

    /// Returns the path of the functions and the `impl` around it; empty for a function that stands in its module.
    pub(super) fn enclosing(&self) -> &'static str {
        let place = (self.place)();
        let Some(holder) = place.strip_suffix("::__Place") else {
            return place;
        };
        // `module::profile::__cached` with generated functions beside it, `module::profile::{{closure}}` without.
        let body = holder.strip_suffix("::{{closure}}").unwrap_or(holder);
        let function = body.strip_suffix("::__cached").unwrap_or(body);
        let path = function.rsplit_once("::").map_or("", |(path, _)| path);
        let module = self.name.rsplit_once("::").map_or("", |(module, _)| module);
        if path == module { "" } else { path }
    }
}

/// Escapes the segments of `id`, as a key from text spells them.
pub(super) fn escape_id(id: &str) -> String {
    let mut text = String::new();
    for segment in id.split(':') {
        if !text.is_empty() {
            text.push(':');
        }
        escape::push_text(&mut text, segment);
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::key::{function::Function, template::Piece};

    fn place() -> &'static str {
        "shop::user::profile::__cached::__Place"
    }

    fn around(place: fn() -> &'static str) -> &'static str {
        Function::new("shop::user::profile", place)
            .declared
            .enclosing()
    }

    #[test]
    fn identity_is_pinned() {
        static PROFILE: Function = Function::new("shop::user::profile", place).version(2);
        let expected: &[&[u8]] = &[
            b"\x04\0\0\0name",
            b"\x13\0\0\0shop::user::profile",
            b"\0\0\0\0",
            b"\x08\0\0\0\x02\0\0\0\0\0\0\0",
            b"\x04\0\0\0\0\0\0\0",
        ];
        assert_eq!(PROFILE.identity(), expected.concat());
    }

    #[test]
    fn a_method_of_a_trait_is_no_other_method_of_its_type() {
        let place = || "shop::Users::__cached_find::__Place";
        let inherent = Function::new("shop::find", place);
        let one = Function::new("shop::find", place).of_trait("Find<User>");
        let other = Function::new("shop::find", place).of_trait("Find<Order>");
        assert_ne!(inherent.identity(), one.identity());
        assert_ne!(one.identity(), other.identity());
        assert_ne!(inherent.marker(), one.marker());
        assert_ne!(one.marker(), other.marker());
        let pinned = Function::new("shop::find", place)
            .of_trait("Find")
            .id("find");
        assert_eq!(
            pinned.identity(),
            Function::new("shop::find", place).id("find").identity()
        );
    }

    #[test]
    fn pinned_identity_leaves_the_name_out() {
        static OLD: Function = Function::new("old::profile", place).id("profile");
        static NEW: Function = Function::new("new::profile", place).id("profile");
        static OTHER: Function = Function::new("new::profile", place)
            .id("profile")
            .version(1);
        assert_eq!(
            OLD.identity(),
            b"\x02\0\0\0id\x07\0\0\0profile\x08\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0"
        );
        assert_eq!(OLD.index(), NEW.index());
        assert_ne!(NEW.index(), OTHER.index());
        assert!(OLD.index() > 0);
        assert_ne!(OLD.number(), NEW.number());
    }

    #[test]
    fn tags_are_part_of_the_identity() {
        static UNTAGGED: Function = Function::new("f", || "f::__Place");
        static ONE: Function = Function::new("f", || "f::__Place").tags(&["course:{0}"]);
        static TWO: Function = Function::new("f", || "f::__Place").tags(&["course:{0}", "a"]);
        let untagged = UNTAGGED.identity();
        let (start, none) = untagged.split_at(untagged.len() - 8);
        assert_eq!(none, b"\x04\0\0\0\0\0\0\0");
        let one: &[&[u8]] = &[start, b"\x04\0\0\0\x01\0\0\0", b"\x0a\0\0\0course:{0}"];
        assert_eq!(ONE.identity(), one.concat());
        assert_ne!(TWO.identity(), ONE.identity());
        assert_ne!(TWO.index(), ONE.index());
    }

    #[test]
    fn id_stands_in_for_the_name_in_keys() {
        static OLD: Function = Function::new("old::profile", place).id("shop::pro*file");
        static PREFIXED: Function = Function::new("old::profile", place)
            .id("shop::pro*file")
            .prefix("user");
        assert!(OLD.pieces().eq([Piece::Text("shop:%:pro%2Afile")]));
        assert!(PREFIXED.pieces().eq([Piece::Text("user")]));
        assert_eq!(OLD.identity(), PREFIXED.identity());
        assert_ne!(OLD.index(), PREFIXED.index());
    }

    #[test]
    fn companions_do_not_change_the_identity() {
        assert_eq!(around(|| "shop::user::profile::__cached::__Place"), "");
        assert_eq!(around(|| "shop::user::profile::{{closure}}::__Place"), "");
        assert_eq!(
            around(|| "shop::user::profile_cache::__cached::__Place"),
            ""
        );
        let inside = "shop::user::outer";
        assert_eq!(
            around(|| "shop::user::outer::profile::__cached::__Place"),
            inside
        );
        assert_eq!(
            around(|| "shop::user::outer::profile::{{closure}}::__Place"),
            inside
        );
        let method = "shop::user::Users<_>";
        assert_eq!(
            around(|| "shop::user::Users<_>::__cached_profile::__Place"),
            method
        );
        assert_eq!(
            around(|| "shop::user::Users<_>::profile::{{closure}}::__Place"),
            method
        );
    }
}
