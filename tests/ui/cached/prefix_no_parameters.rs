use cached_core::cached;

#[cached(prefix = "user:{id}")]
async fn profile() -> u64 {
    1
}

fn main() {
    let _ = profile;
}
