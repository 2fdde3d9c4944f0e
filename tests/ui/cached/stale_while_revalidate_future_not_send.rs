use cached_core::cached;
use std::rc::Rc;

#[cached(stale_while_revalidate = "30s")]
async fn profile(id: u64) -> u64 {
    let id = Rc::new(id);
    tokio::task::yield_now().await;
    *id
}

fn main() {
    let _ = profile;
}
