use cached_core::cached;

trait Users {
    async fn find(&self, id: u64) -> u64;
}

#[cached]
impl Users for std::alloc::System {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = std::alloc::System.find(1);
}
