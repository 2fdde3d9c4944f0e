use cached_core::cached;

#[cached(ttl = |value: &String| std::time::Duration::from_secs(value.len() as u64))]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
