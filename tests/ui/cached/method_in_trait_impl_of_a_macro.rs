use cached_core::cached;

trait Load {
    async fn load(&self, id: u64) -> u64;
}

macro_rules! loads {
    ($($name:ident)*) => {
        $(impl Load for $name {
            #[cached]
            async fn load(&self, id: u64) -> u64 {
                id
            }
        })*
    };
}

struct Users;

loads! { Users }

fn main() {}
