use cached_core::cached;

#[cached(ttl = "5m")]
fn profile(id: u64) -> impl Future<Output = &'static str> {
    async move { let _ = id; "" }
}

fn main() {
    let _ = profile;
}
