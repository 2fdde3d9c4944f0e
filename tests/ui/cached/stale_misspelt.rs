use cached_core::cached;

#[cached(stale_if_eror = "1h", stale_while_revalidating = "5s", outage = "fail")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
