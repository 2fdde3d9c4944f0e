use cached_core::invalidates;

#[invalidates("user:{id}")]
trait Users {
    async fn rename(&self, id: u64) -> u64;
}

fn main() {}
