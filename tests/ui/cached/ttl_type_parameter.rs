use cached_core::cached;

trait Timed {
    const TTL: std::time::Duration;
}

#[cached(ttl = T::TTL)]
async fn profile<T: Timed>(id: u64) -> u64 {
    id
}

fn main() {
    
}
