//! Arguments compared with their function. Nothing that the macros can see is wrong after this room: what comes out
//! of it is expanded as it is.

mod background_call;
mod cached;
mod closures;
mod companion_parameters;
mod companions;
mod durations;
mod form;
mod impl_block;
mod impl_context;
mod impl_generics;
mod invalidates;
mod key;
mod options;
mod parameters;
mod placeholders;
mod return_type;
mod signature;
mod typed_calls;
mod values;

pub(crate) use self::background_call::BackgroundCall;
pub(crate) use self::cached::{CachedFn, RejectedFn};
pub(crate) use self::companions::Companions;
pub(crate) use self::durations::Durations;
pub(crate) use self::form::{AsyncBlock, Body, Form};
pub(crate) use self::impl_block::CheckedImpl;
pub(crate) use self::impl_context::ImplContext;
pub(crate) use self::invalidates::{CheckedTarget, CheckedTemplate, InvalidatingFn, name_returned};
pub(crate) use self::key::{Component, Generic, KeyParts};
pub(crate) use self::options::Options;
pub(crate) use self::typed_calls::{CallArgument, TypedCall};
