//! Arguments on their way into a key: the type of each decides what it adds.

use std::any::type_name;
use std::collections::HashSet;

use serde::Serialize;

use crate::key::Key;

/// Values that can be part of a cache key: everything that serde can serialize.
///
/// Two values that serde shows alike are one key: a part that a type hides (`skip_serializing`, untagged variants) does
/// not count. `key = …` names something else to go by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "needs `serde::Serialize`",
    note = "a parameter: write `#[cached(skip)]` before it to leave it out of the key, or derive `serde::Serialize` for its type",
    note = "in a prefix, a tag or a pattern: name a field of it, as in `{{user.id}}`"
)]
pub trait KeyArgument: Serialize {
    #[doc(hidden)]
    fn push_to(&self, key: &mut Key);
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> KeyArgument for T {
    #[inline]
    fn push_to(&self, key: &mut Key) {
        key.push(self);
    }
}

/// An argument on its way into a key.
///
/// `__push` is [`SetArgument`]'s for sets, and [`PlainArgument`]'s for everything else: the compiler takes the latter
/// only where the former does not apply, because it has to borrow for it.
#[derive(Debug)]
pub struct Argument<'a, T>(pub &'a T);

impl<T> Argument<'_, T> {
    /// Clones it for a typed call: the function's body may take the original.
    #[must_use]
    pub fn __cloned(self) -> T
    where
        T: CallArgument,
    {
        self.0.cloned()
    }
}

/// Values that can stand by their name in a typed call, as `id` in `#[invalidates(profile(id))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cloned for a typed call",
    label = "cannot be cloned",
    note = "a name is cloned, because the body may take what it stands for; write an expression, such as `&*name`, to pass something else"
)]
pub trait CallArgument {
    #[doc(hidden)]
    #[must_use]
    fn cloned(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> CallArgument for T {
    fn cloned(&self) -> Self {
        self.clone()
    }
}

/// Makes the components that are known before others, for a template that needs both.
pub fn known(fill: impl FnOnce(&mut Key)) -> Key {
    let mut key = Key::of_components();
    fill(&mut key);
    key
}

/// An argument that goes into the key as serde shows it.
pub trait PlainArgument<T> {
    #[doc(hidden)]
    fn __push(self, key: &mut Key)
    where
        T: KeyArgument;
}

impl<T> PlainArgument<T> for &Argument<'_, T> {
    #[inline]
    fn __push(self, key: &mut Key)
    where
        T: KeyArgument,
    {
        self.0.push_to(key);
    }
}

/// An argument whose elements go into the key in an order of their own.
pub trait SetArgument<T> {
    #[doc(hidden)]
    fn __push(self, key: &mut Key)
    where
        T: KeyArgument;
}

/// Implements [`SetArgument`] for a set behind each of these types.
///
/// A set is one argument whatever its order: serde shows it as a sequence, so its type has to tell. Behind any of
/// these, a set makes the same key as by itself; `None` is one component as well.
macro_rules! sets {
    ($($shape:ty, |$argument:ident| $set:expr;)*) => {$(
        impl<T, S> SetArgument<T> for Argument<'_, $shape> {
            fn __push(self, key: &mut Key)
            where
                T: KeyArgument,
            {
                let $argument = self.0;
                push_set(key, $set);
            }
        }
    )*};
}

sets! {
    HashSet<T, S>, |set| Some(set);
    &HashSet<T, S>, |set| Some(*set);
    &&HashSet<T, S>, |set| Some(**set);
    &mut HashSet<T, S>, |set| Some(&**set);
    Box<HashSet<T, S>>, |set| Some(&**set);
    std::rc::Rc<HashSet<T, S>>, |set| Some(&**set);
    std::sync::Arc<HashSet<T, S>>, |set| Some(&**set);
    &std::sync::Arc<HashSet<T, S>>, |set| Some(&***set);
    Option<HashSet<T, S>>, |set| set.as_ref();
    &Option<HashSet<T, S>>, |set| set.as_ref();
    Option<&HashSet<T, S>>, |set| set.as_deref();
}

fn push_set<T: Serialize, S>(key: &mut Key, set: Option<&HashSet<T, S>>) {
    match set {
        Some(set) => key.push_set(set),
        None => key.push(&None::<()>),
    }
}

/// Adds the name of a type that a function is generic over: two instances share no entry.
pub fn push_type<T: ?Sized>(key: &mut Key) {
    key.push_type_name(type_name::<T>());
}

/// Adds the name of an argument's type, where it was written `impl Trait`.
pub fn push_type_of<T: ?Sized>(key: &mut Key, _argument: &T) {
    push_type::<T>(key);
}

/// Adds the arguments of a generic `impl` around a function that cannot name them: `inside` is a closure in its body,
/// and the name of that closure's type holds them. Without any it adds nothing, and the key is the same as for a
/// function with generated functions beside it.
pub fn push_surroundings<F>(key: &mut Key, _inside: &F) {
    let name = type_name::<F>();
    if name.contains('<') {
        key.push_type_name(name);
    }
}
