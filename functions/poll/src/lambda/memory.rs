//! What the function's memory is for.

use drawbridge_record::MAX_MAPPING_BYTES;

use crate::MAX_STATE_BYTES;

const MIB: usize = 1 << 20;

/// What everything but the state takes at most, part by part.
const REST: [(&str, usize); 4] = [
    (
        "the program, the runtime, the clients, and what an allocator does not give back",
        48 * MIB,
    ),
    (
        "the page that is mapped and the one ahead, or one large page alone",
        64 * MIB,
    ),
    (
        "the largest alert that is read, while it is mapped",
        MAX_MAPPING_BYTES,
    ),
    (
        "a record as long as a page, on its way to an output",
        32 * MIB,
    ),
];

/// All of that together.
const REST_BYTES: usize = {
    let (mut sum, mut at) = (0, 0);
    while at < REST.len() {
        sum += REST[at].1;
        at += 1;
    }
    sum
};

/// The least that a state gets, where there is less memory than the template lets a function have.
const LEAST_STATE_BYTES: usize = 16 * MIB;

/// The most memory that a tenant's state may take in a function of `memory_mib`, as Lambda's variable
/// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` has it.
pub(super) fn state_bytes(memory_mib: Option<&str>) -> usize {
    let Some(memory) = memory_mib.and_then(|memory| memory.parse::<usize>().ok()) else {
        return MAX_STATE_BYTES;
    };
    let left = memory.saturating_mul(MIB).saturating_sub(REST_BYTES);
    left.clamp(LEAST_STATE_BYTES, MAX_STATE_BYTES)
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::{AlertDigest, State};
    use drawbridge_graph::Settings;

    use super::*;

    #[test]
    fn the_state_gets_what_the_rest_leaves() {
        assert_eq!(REST_BYTES, 228 * MIB);
        assert_eq!(state_bytes(Some("512")), 284 * MIB);
        assert_eq!(state_bytes(Some("10240")), 768 * MIB);
        assert_eq!(state_bytes(Some("128")), 16 * MIB);
        assert_eq!(state_bytes(None), MAX_STATE_BYTES);
        assert_eq!(state_bytes(Some("")), MAX_STATE_BYTES);
    }

    /// The bounds of the template's `MemorySize`, and all between.
    #[test]
    fn all_of_it_fits_into_the_functions_memory() {
        for memory in 256..=10_240 {
            let state = state_bytes(Some(&memory.to_string()));
            assert!(state + REST_BYTES <= memory * MIB, "{memory}");
        }
    }

    /// Each part is what the code lets it be.
    #[test]
    fn pages_and_records_are_as_large_as_they_may_be() {
        let settings = Settings::default();
        let [_, (_, pages), (_, mapping), (_, record)] = REST;
        assert_eq!(pages, 2 * settings.max_body_bytes);
        assert_eq!(pages, settings.max_alert_bytes);
        assert_eq!(mapping, MAX_MAPPING_BYTES);
        assert_eq!(record, settings.max_body_bytes);
    }

    /// As docs/deploy.md says of 512 MB.
    #[test]
    fn the_default_is_enough_for_100_000_alerts_in_three_outputs() {
        let mut state = State::default();
        for alert in 0..100_000_u32 {
            let digest = AlertDigest::of(&alert.to_string());
            for output in ["siem", "native", "ocsf"] {
                let mut key = [0; 32];
                key[..4].copy_from_slice(&alert.to_be_bytes());
                let claimed = state.output(output).claim(digest, &key, 1);
                assert!(claimed.is_some());
            }
        }
        let (weight, most) = (state.weight(), state_bytes(Some("512")));
        assert!(weight <= most, "{weight} of {most}");
    }
}
