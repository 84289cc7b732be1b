//! What the function's memory is for: a small share for each of the tenants that are polled at once, and
//! one large share, which one of them has at a time. See [`crate::Memory`].

use drawbridge_config::{MAX_LIST_MEMORY_BYTES, MAX_LIST_READING_BYTES};
use drawbridge_entra::MAX_REPLY_BYTES;
use drawbridge_record::MAX_MAPPING_BYTES;
use drawbridge_secrets::MAX_KEPT_BYTES;

use super::tenants::MAX_KNOWN_BYTES;
use crate::{MAX_POLLED_BYTES, MAX_STATE_BYTES};

const MIB: usize = 1 << 20;

/// How many tenants a process polls at once: a FIFO queue hands out no more messages.
const POLLS: usize = 10;

/// What a poll takes beside the others at most, part by part, in KiB.
const SMALL_SHARE_KIB: [(&str, usize); 6] = [
    ("the page that is mapped and the one ahead", 2 * 256),
    ("the largest alert, while it is mapped", 2560),
    (
        "records that wait for an output or are on their way, in three forms",
        3 * 128,
    ),
    ("what was sent and is not flushed", 384),
    ("the state, and two of its pages", 1024 + 3 * 128),
    ("connections, and what the poll itself is", 512),
];

/// What a process remembers between its invocations at most, part by part, in bytes. It is what
/// `tests/known` measures.
const REMEMBERED: [(&str, usize); 4] = [
    ("the tenants that were polled last", MAX_KNOWN_BYTES),
    (
        "the tokens that came since, which are not counted yet",
        POLLS * MAX_REPLY_BYTES,
    ),
    ("secrets", MAX_KEPT_BYTES),
    ("when tenants were polled", MAX_POLLED_BYTES),
];

/// What everything but the state takes at most, part by part.
const REST: [(&str, usize); 7] = [
    (
        "the program, the runtime, the clients, and what an allocator does not give back",
        48 * MIB - sum(&REMEMBERED),
    ),
    ("what is remembered of tenants", sum(&REMEMBERED)),
    (
        "the administrator's list while it is read anew, and the one before",
        MAX_LIST_READING_BYTES + MAX_LIST_MEMORY_BYTES,
    ),
    (
        "a small share for each tenant that is polled",
        POLLS * small_share_bytes(),
    ),
    (
        "the large share: the page that is mapped and the one ahead, or one large page alone",
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

const fn small_share_bytes() -> usize {
    sum(&SMALL_SHARE_KIB) * 1024
}

/// All of that together.
const REST_BYTES: usize = sum(&REST);

const fn sum(parts: &[(&str, usize)]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < parts.len() {
        sum += parts[at].1;
        at += 1;
    }
    sum
}

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
    use drawbridge_alert::MAX_VALUES;
    use drawbridge_cursor::{AlertDigest, State};
    use drawbridge_graph::Settings;

    use super::*;
    use crate::memory::SMALL;

    #[test]
    fn the_state_gets_what_the_rest_leaves() {
        let shares = POLLS * small_share_bytes();
        assert_eq!(shares, 57_600 * 1024);
        assert_eq!(REST_BYTES, 236 * MIB + shares);
        assert_eq!(state_bytes(Some("384")), 148 * MIB - shares);
        assert_eq!(state_bytes(Some("320")), 84 * MIB - shares);
        assert_eq!(state_bytes(Some("10240")), 768 * MIB);
        assert_eq!(state_bytes(Some("128")), 16 * MIB);
        assert_eq!(state_bytes(None), MAX_STATE_BYTES);
        assert_eq!(state_bytes(Some("")), MAX_STATE_BYTES);
    }

    /// The bounds of the template's `MemorySize`, and all between.
    #[test]
    fn all_of_it_fits_into_the_functions_memory() {
        for memory in 320..=10_240 {
            let state = state_bytes(Some(&memory.to_string()));
            assert!(state + REST_BYTES <= memory * MIB, "{memory}");
        }
    }

    /// Each part is what the code lets it be.
    #[test]
    fn pages_and_records_are_as_large_as_they_may_be() {
        let settings = Settings::default();
        let [_, _, _, _, (_, pages), (_, mapping), (_, record)] = REST;
        assert_eq!(pages, 2 * settings.max_body_bytes);
        assert_eq!(pages, settings.max_alert_bytes);
        assert_eq!(mapping, MAX_MAPPING_BYTES);
        assert_eq!(record, settings.max_body_bytes);
    }

    /// The binary has 15 MB, and what a process takes beside that and what is named here is below 9 MB
    /// (`tests/killed`).
    #[test]
    fn there_is_room_for_the_program_beside_what_is_remembered() {
        let [(_, program), (_, remembered), ..] = REST;
        assert!(remembered <= 23 * MIB, "{remembered}");
        assert_eq!(program + remembered, 48 * MIB);
    }

    #[test]
    fn a_small_share_is_what_the_code_lets_it_be() {
        let bytes = SMALL_SHARE_KIB.map(|(_, kib)| kib * 1024);
        let [pages, mapping, waiting, sent, state, _] = bytes;
        assert_eq!(pages, 2 * Settings::default().max_small_bytes);
        assert!(mapping / SMALL.values >= MAX_MAPPING_BYTES / MAX_VALUES);
        assert_eq!(waiting, 3 * SMALL.batch_bytes);
        assert_eq!(sent, SMALL.record_bytes);
        // A page at hand is held with where its alerts begin.
        assert_eq!(
            state,
            SMALL.state_bytes + 2 * SMALL.state_page_bytes * 3 / 2
        );
    }

    /// As docs/parameters.md says.
    #[test]
    fn the_default_is_enough_for_12_000_alerts_in_three_outputs() {
        for (memory, alerts) in [("320", 12_000), ("384", 40_000), ("512", 95_000)] {
            let (weight, most) = (weight_of(alerts), state_bytes(Some(memory)));
            assert!(weight <= most, "{weight} of {most}");
        }
    }

    /// What the state of so many alerts in three outputs weighs.
    fn weight_of(alerts: u32) -> usize {
        let mut state = State::default();
        for alert in 0..alerts {
            let digest = AlertDigest::of(&alert.to_string());
            for output in ["siem", "native", "ocsf"] {
                let mut key = [0; 32];
                key[..4].copy_from_slice(&alert.to_be_bytes());
                let claimed = state.output(output).claim(digest, &key, 1);
                assert!(claimed.is_some());
            }
        }
        state.weight()
    }
}
