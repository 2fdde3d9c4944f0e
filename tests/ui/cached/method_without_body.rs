use cached_core::cached;

trait Service {
    #[cached]
    async fn profile(&self, id: u64) -> u64;
}

fn main() {}
