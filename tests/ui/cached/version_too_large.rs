use cached_core::cached;

#[cached(version = 18446744073709551616)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
