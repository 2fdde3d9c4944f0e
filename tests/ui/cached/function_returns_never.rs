use cached_core::cached;

#[cached]
async fn profile(id: u64) -> ! {
    panic!("{id}")
}

fn main() {
    let _ = profile;
}
