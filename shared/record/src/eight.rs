//! Bytes looked at eight at a time, in one register. It does not hang on what a compiler makes of a
//! loop, which differs between a build for speed and one for size.

/// A byte in all eight places.
pub(crate) const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Sets the highest bit of the first byte that is below `bound`, and of none before it. `bound` is
/// 128 at most.
pub(crate) const fn below(bytes: u64, bound: u8) -> u64 {
    bytes.wrapping_sub(repeated(bound)) & !bytes & repeated(0x80)
}

/// The same for the first byte that is this one.
pub(crate) const fn equal(bytes: u64, byte: u8) -> u64 {
    below(bytes ^ repeated(byte), 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(found: u64) -> Option<usize> {
        (found != 0).then(|| found.trailing_zeros() as usize / 8)
    }

    proptest! {
        #[test]
        fn the_first_is_found(bytes: [u8; 8], byte: u8, bound in 1u8..=128) {
            let block = u64::from_le_bytes(bytes);
            prop_assert_eq!(first(equal(block, byte)), bytes.iter().position(|b| *b == byte));
            prop_assert_eq!(first(equal(block, bytes[5])), bytes.iter().position(|b| *b == bytes[5]));
            prop_assert_eq!(first(below(block, bound)), bytes.iter().position(|b| *b < bound));
        }
    }
}
