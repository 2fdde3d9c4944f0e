use cached_core::cached;

#[derive(PartialEq, Eq, Hash)]
struct Pool;

#[cached]
async fn profile(pools: &std::collections::HashSet<Pool>) -> usize {
    pools.len()
}

fn main() {
    let _ = profile;
}
