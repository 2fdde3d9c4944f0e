use cached_core::cached;

#[cached(ttl = 5)]
enum Profile {
    Known,
}

fn main() {}
