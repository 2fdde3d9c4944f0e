use cached_core::cached;

#[cached]
async fn profile(name: &str) -> &str {
    name
}

fn main() {
    let _ = profile;
}
