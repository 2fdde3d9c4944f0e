use cached_core::cached;

trait Users {
    async fn find(&self, id: u64) -> u64;
}

#[cached]
impl Users for Vec<u8> {
    #[cached(skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = vec![1].find(1);
}
