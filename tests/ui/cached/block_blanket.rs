use cached_core::cached;

trait Users {
    async fn find(&self, id: u64) -> u64;
    async fn count(&self) -> u64;
}

#[cached]
impl<T: Send> Users for T {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }

    #[cached(skip(self))]
    async fn count(&self) -> u64 {
        1
    }
}

fn main() {
    let _ = 5.find(1);
}
