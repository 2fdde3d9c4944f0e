//! The digest of keys and identities; the only file that names `blake3`.

/// Returns the first 128 bits of BLAKE3 over `bytes`.
pub(crate) fn digest(bytes: &[u8]) -> u128 {
    let hash = blake3::hash(bytes);
    let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    u128::from_be_bytes(first)
}
