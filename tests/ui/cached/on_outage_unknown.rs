use cached_core::cached;

#[cached(on_outage = "memory")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
