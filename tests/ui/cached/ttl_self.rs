use cached_core::cached;

struct Service {
    id: u64,
    ttl: std::time::Duration,
}

impl Service {
    #[cached(ttl = self.ttl)]
    async fn profile(&self, id: u64) -> u64 {
        self.id + id
    }
}

fn main() {}
