use cached_core::cached;

#[cached(jitter = "a tenth")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
