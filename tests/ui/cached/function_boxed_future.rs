use std::future::Future;
use std::pin::Pin;

use cached_core::cached;

/// As `#[async_trait]` writes it.
#[cached]
fn profile<'a>(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'a>> {
    Box::pin(async move { id })
}

fn main() {
    let _ = profile;
}
