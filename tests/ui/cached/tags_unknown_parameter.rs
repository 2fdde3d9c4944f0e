use cached_core::cached;

#[cached(tags = ["course:{course}", "team:{team}"])]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
