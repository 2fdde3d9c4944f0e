use cached_core::cached;

struct Pool;

#[cached]
async fn profile(id: u64, pool: &Pool) -> u64 {
    let _ = pool;
    id
}

fn main() {
    let _ = profile;
}
