use cached_core::cached;

macro_rules! made {
    ($($name:ident)*) => {
        impl Users {
            $(#[cached]
            async fn $name(id: u64) -> u64 {
                id
            })*
        }
    };
}

struct Users;

made! { find count }

fn main() {
    let _ = Users::find(1);
    let _ = Users::count(1);
}
