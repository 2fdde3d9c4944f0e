use cached_core::cached;

#[cached(stale_while_revalidate = "30s", companions = off)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
