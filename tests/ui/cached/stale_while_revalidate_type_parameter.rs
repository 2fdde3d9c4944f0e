use cached_core::cached;

#[cached(stale_while_revalidate = "30s")]
async fn profile<T: serde::Serialize, U: serde::Serialize>(id: T, name: &U) -> usize {
    let _ = (id, name);
    0
}

fn main() {
    let _ = profile::<u8, u8>;
}
