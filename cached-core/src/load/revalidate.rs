//! A load behind an answer that was past its ttl: `stale_while_revalidate`.

use std::pin::Pin;

use super::{Call, miss::Miss};
use crate::{codec::Codec, stale::Ticket};

/// Runs `body` as the load of the ticket's flight, with what the call saw that was answered.
///
/// That was an entry which counts: all of its markers are there, and its id is what the store expects. So
/// nothing is left to capture, and the entry stays in its place until it is replaced.
// As in `call`: no `R` is alive across an `await`.
pub(super) async fn revalidate<R, T, F: Future<Output = R>>(
    codec: Codec<R, T>,
    call: &Call,
    ticket: Box<Ticket>,
    body: Pin<&mut F>,
) -> R {
    let Ticket { lead, seen, .. } = *ticket;
    Miss::new(codec, call, Some(seen)).load(lead, body).await
}
