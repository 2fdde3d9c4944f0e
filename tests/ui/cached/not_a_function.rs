use cached_core::cached;

#[cached(ttl = 5)]
struct Profile;

fn profile() {}

fn main() {
    let _ = profile;
}
