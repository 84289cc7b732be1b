use crate::MAX_STATE_BYTES;

const MIB: usize = 1 << 20;

/// What everything but the state takes: the program, two pages of alerts, the batches that are on
/// their way, and what an allocator does not give back. The largest alert that is read takes half of
/// it while it is mapped, as the tests of `shared/record` measure.
const REST_BYTES: usize = 160 * MIB;

/// The most memory that a tenant's state may take in a function of `memory_mib`, as Lambda's variable
/// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` has it.
pub(super) fn state_bytes(memory_mib: Option<&str>) -> usize {
    let Some(memory) = memory_mib.and_then(|memory| memory.parse::<usize>().ok()) else {
        return MAX_STATE_BYTES;
    };
    let memory = memory.saturating_mul(MIB);
    let left = memory.saturating_sub(REST_BYTES).max(memory / 4);
    left.min(MAX_STATE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_gets_what_the_rest_leaves() {
        assert_eq!(state_bytes(Some("512")), 352 * MIB);
        assert_eq!(state_bytes(Some("10240")), 768 * MIB);
        assert_eq!(state_bytes(Some("128")), 32 * MIB);
        assert_eq!(state_bytes(None), MAX_STATE_BYTES);
        assert_eq!(state_bytes(Some("")), MAX_STATE_BYTES);
    }
}
