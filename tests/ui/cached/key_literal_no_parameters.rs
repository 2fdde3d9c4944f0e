use cached_core::cached;

#[cached(key = "profile")]
async fn profile() -> u64 {
    7
}

fn main() {
    let _ = profile;
}
