use cached_core::cached;

struct Service {
    id: u64,
    ttl: std::time::Duration,
}

impl Service {
    #[cached]
    async fn profile(&self) -> u64 {
        self.id
    }
}

fn main() {}
