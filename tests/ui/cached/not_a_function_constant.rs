use cached_core::cached;

#[cached(ttl = 5)]
const PROFILE: u64 = 5;

fn main() {}
