use cached_core::cached;

struct Service {
    id: u64,
    ttl: std::time::Duration,
}

impl Service {
    const TTL: std::time::Duration = std::time::Duration::from_secs(5);

    #[cached(ttl = Self::TTL)]
    async fn profile(&self, id: u64) -> u64 {
        self.id + id
    }
}

fn main() {}
