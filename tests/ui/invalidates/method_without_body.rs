use cached_core::invalidates;

trait Service {
    #[invalidates("user:{id}")]
    async fn rename(&self, id: u64) -> u64;
}

fn main() {}
