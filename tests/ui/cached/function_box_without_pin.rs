use cached_core::cached;

#[cached(ttl = "5m")]
fn profile(id: u64) -> Box<dyn Future<Output = u64>> {
    Box::new(async move { id })
}

fn main() {
    let _ = profile;
}
