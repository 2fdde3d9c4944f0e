use cached_core::cached;

#[cached(tll = 300, prefx = "user")]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
