use cached_core::cached;

mod profile {}

#[cached(companion = off)]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile(1);
}
