use cached_core::cached;

#[cached(ttl = 5)]
type Profile = u64;

fn main() {}
