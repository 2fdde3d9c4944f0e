use cached_core::cached;

#[cached(tags = ["course:{course}"], skip(course))]
async fn profile(id: u64, course: u32) -> u64 {
    id + u64::from(course)
}

fn main() {
    let _ = profile;
}
