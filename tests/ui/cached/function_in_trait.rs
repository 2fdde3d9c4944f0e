use cached_core::cached;

trait Service {
    #[cached]
    async fn profile(id: u64) -> u64 {
        id
    }
}

fn main() {}
