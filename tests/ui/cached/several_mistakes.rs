use cached_core::cached;

#[cached(ttl = 0, prefix = "user:{name}", jitter = 5, skip(db), verion = 2)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
