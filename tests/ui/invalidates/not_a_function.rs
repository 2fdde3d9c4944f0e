use cached_core::invalidates;

#[invalidates("user")]
struct User;

fn main() {
    let _ = User;
}
