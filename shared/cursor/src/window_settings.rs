use jiff::Timestamp;

/// How windows are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSettings {
    /// How far a poll reads back behind the watermark: alerts turn up minutes late, and one that is
    /// updated while its window is paged shifts the pages behind it.
    pub overlap_secs: u32,
    /// How far a poll stays behind now: the newest alerts are still being written.
    pub settle_secs: u32,
    /// How far back the very first poll reads.
    pub first_lookback_secs: u32,
    /// Where the very first poll starts, in place of the look-back.
    pub first_from: Option<Timestamp>,
    /// The smallest window that a failing one is split into.
    pub smallest_ms: u64,
    /// Whether polls make [sweeps](crate::Sweep).
    pub sweeps: bool,
    /// By how much the periods of the sweeps are moved.
    pub sweep_phase_secs: u32,
}

/// What the tests of this crate assume. What counts for a tenant stands in the defaults of its document.
#[cfg(test)]
impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            overlap_secs: 15 * 60,
            settle_secs: 30,
            first_lookback_secs: 24 * 60 * 60,
            first_from: None,
            smallest_ms: 10,
            sweeps: true,
            sweep_phase_secs: 0,
        }
    }
}
