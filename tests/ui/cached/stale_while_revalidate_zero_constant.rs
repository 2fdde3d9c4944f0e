use cached_core::cached;

const NEVER: std::time::Duration = std::time::Duration::ZERO;

#[cached(stale_while_revalidate = NEVER)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
