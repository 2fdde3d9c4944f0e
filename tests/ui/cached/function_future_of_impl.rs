use cached_core::cached;

#[cached(ttl = "5m")]
fn profile(id: u64) -> impl Future<Output = impl std::fmt::Display> {
    async move { id }
}

fn main() {
    let _ = profile;
}
