//! `#[cached]` compared with its function.

use proc_macro2::{Span, TokenStream};
use syn::Type;

use super::background_call::{BackgroundCall, check_background_call};
use super::companion_parameters::{CompanionParameters, write_companion_parameters};
use super::companions::{Companions, check_place, choose_companions};
use super::durations::{Durations, check_durations};
use super::form::Form;
use super::impl_context::ImplContext;
use super::key::{Generic, KeyParts, check_key, collect_generics};
use super::options::Options;
use super::parameters::check_parameters;
use super::return_type::find_return_type;
use super::signature::check_signature;
use super::values::check_values;
use crate::diagnostics::Errors;
use crate::parse::args::Args;
use crate::parse::item::Item;

/// A function that may be cached, and how.
pub(crate) struct CachedFn {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    pub(crate) form: Form,
    /// The type that a call gives, and where in it the stored type seems to be, for messages.
    pub(crate) returns: Type,
    pub(crate) stored_at: Span,
    pub(crate) key: KeyParts,
    pub(crate) generics: Vec<Generic>,
    pub(crate) durations: Durations,
    /// For `stale_while_revalidate`.
    pub(crate) background_call: Option<BackgroundCall>,
    pub(crate) options: Options,
    pub(crate) context: ImplContext,
    pub(crate) companions: Companions,
    pub(crate) companion_parameters: CompanionParameters,
}

/// A function that was refused, as far as it is known.
pub(crate) struct RejectedFn {
    pub(crate) item: Item,
    pub(crate) runtime: TokenStream,
    pub(crate) returns: Type,
    pub(crate) context: ImplContext,
    pub(crate) companions: Companions,
    /// The companions have a place, and what was written leaves no doubt about their name.
    pub(crate) has_stubs: bool,
    pub(crate) companion_parameters: CompanionParameters,
}

impl CachedFn {
    /// Compares the arguments with the function and reports every error. `Err` exactly if there is one.
    pub(crate) fn check(
        mut args: Args,
        mut item: Item,
        context: ImplContext,
        errors: &mut Errors,
    ) -> Result<CachedFn, Box<RejectedFn>> {
        let runtime = args.quote_runtime();
        let skips = item.take_skips(errors);
        let signature = &item.signature;
        let form = check_signature(&item, errors);
        let (parameters, skips_self) =
            check_parameters(signature, &skips, args.skip.as_ref(), errors);
        check_values(&args, &parameters, errors);
        let key = check_key(&args, signature, &parameters, skips_self, errors);
        let durations = check_durations(&args, signature, &parameters, errors);

        let companions = choose_companions(args.companions.take(), signature, &context);
        let have_place = check_place(&context, &companions, &item, errors);
        let background_call = durations
            .stale_while_revalidate
            .as_ref()
            .map(|(keyword, _)| {
                let form = form.as_ref();
                check_background_call(*keyword, &companions, form, signature, &parameters, errors)
            });
        let companion_parameters =
            write_companion_parameters(signature.receiver(), &parameters, &key.components, &args);
        let generics = collect_generics(signature, &parameters, &context, &companions);
        let (returns, stored_at) = find_return_type(form.as_ref(), signature);
        let Some(form) = form.filter(|_| errors.is_empty() && !item.is_unfinished()) else {
            return Err(Box::new(RejectedFn {
                item,
                runtime,
                returns,
                context,
                companions,
                has_stubs: have_place && !args.is_unclear,
                companion_parameters,
            }));
        };
        item.allow_expected();
        Ok(CachedFn {
            item,
            runtime,
            form,
            returns,
            stored_at,
            key,
            generics,
            durations,
            background_call,
            options: Options::of(args),
            context,
            companions,
            companion_parameters,
        })
    }
}
