use cached_core::cached;

const SECONDS: u64 = 60;

#[cached(ttl = SECONDS)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
