use drawbridge_cursor::State;

use crate::MAX_INPUT_BYTES;
use crate::marker::{assert_discreet, assert_fit_for_a_log};

/// The state object: what is read is written and read again as the same.
pub fn state_object(bytes: &[u8]) {
    if bytes.len() > MAX_INPUT_BYTES {
        return;
    }
    let state = match State::decode(bytes) {
        Ok(state) => state,
        Err(error) => {
            assert_fit_for_a_log(&error);
            return assert_discreet(&error, &String::from_utf8_lossy(bytes));
        }
    };
    let encoded = state.encode();
    let Ok(encoded) = encoded else {
        return assert!(encoded.is_ok(), "a state that was read cannot be written");
    };
    assert!(
        encoded.len() <= 4 * bytes.len() + 4096,
        "{} bytes",
        encoded.len()
    );
    assert_eq!(State::decode(&encoded).as_ref(), Ok(&state));
}
