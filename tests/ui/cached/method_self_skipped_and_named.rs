use cached_core::cached;

struct Service {
    id: u64,
    ttl: std::time::Duration,
}

impl Service {
    #[cached(prefix = "user:{self.id}", skip(self))]
    async fn profile(&self, id: u64) -> u64 {
        self.id + id
    }
}

fn main() {}
