//! What time it is, as an argument.

use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time. Tests give one that stands still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The clock of the machine.
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}
