use cached_core::cached;

#[cached]
async fn profile<T>(id: u64, #[cached(skip)] value: T) -> Option<T> {
    (id > 0).then_some(value)
}

fn main() {
    let _ = profile::<u8>;
}
