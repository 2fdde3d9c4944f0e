use cached_core::cached;

struct Service {
    id: u64,
    ttl: std::time::Duration,
}

impl Service {
    #[cached]
    async fn profile(id: u64) -> u64 {
        id
    }
}

fn main() {}
