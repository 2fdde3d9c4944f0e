use cached_core::cached;

#[cached(ttl = "5m")]
trait Users {
    async fn find(&self, id: u64) -> u64;
}

fn main() {}
