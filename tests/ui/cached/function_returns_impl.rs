use cached_core::cached;

#[cached]
async fn profile(id: u64) -> impl std::fmt::Display {
    id
}

fn main() {
    let _ = profile;
}
