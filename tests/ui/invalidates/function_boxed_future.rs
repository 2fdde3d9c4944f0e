use cached_core::invalidates;

use std::pin::Pin;

#[invalidates("user:{id}")]
fn rename<'a>(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'a>> {
    Box::pin(async move { id })
}

fn main() {
    let _ = rename;
}
