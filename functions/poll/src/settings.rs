use drawbridge_config::defaults;
use drawbridge_cursor::{PageSettings, WindowSettings};
use drawbridge_store::MAX_OBJECT_BYTES;
use sha2::{Digest as _, Sha256};

/// What a poll asks for, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The tenant's name, in object keys and metrics.
    pub tenant: String,
    /// The products whose alerts are read; empty for all.
    pub service_sources: Vec<String>,
    /// What says which alerts these are ([`PolledAlerts`](drawbridge_config::PolledAlerts)), for the state
    /// to know whose it is; `None` where that is of no interest.
    pub polled_alerts: Option<String>,
    /// The severities that are read; empty for all.
    pub severities: Vec<String>,
    /// Alerts per page.
    pub page_size: u32,
    /// How windows are cut.
    pub windows: WindowSettings,
    /// How long a written record is remembered after Graph last returned its alert.
    pub retention_secs: u64,
    /// How often a poll saves the state that learned nothing and read next to nothing.
    pub heartbeat_secs: u32,
    /// The same for one that reads again what is known, which a later watermark would spare it.
    pub busy_heartbeat_secs: u32,
    /// How much time must be left for another page to be begun.
    pub page_margin_secs: u32,
    /// The most memory that the state may take, in bytes. A poll that reaches it stops as if there
    /// were no time left, and merges what it learned into pages.
    pub most_state_bytes: usize,
    /// How much is kept in the state object, and how large its pages are.
    pub pages: PageSettings,
}

/// How long the state of a tenant may lie unsaved while its polls find nothing: longer than an hour,
/// so that the hourly sweep, which saves it anyway, is all that does.
///
/// Nothing is read less for it. A poll reads from the watermark in the object, and up to now: from
/// one that is an hour old it asks the same one question, about an hour more, of which it knows that
/// nothing was in it. What is older in the object than in truth is when a poll last ended well; so
/// the first one that does not notes that ([`overdue_since`](crate::overdue_since)).
pub(crate) const HEARTBEAT_SECS: u32 = 65 * 60;

/// The most memory of a tenant's state, whatever there is: 768 MiB. What it takes as an object is a
/// third of that at most, and has to stay below what the store takes ([`MAX_OBJECT_BYTES`]).
pub const MAX_STATE_BYTES: usize = 3 * MAX_OBJECT_BYTES;

/// The smallest window that a failing one is split into.
const SMALLEST_WINDOW_MS: u64 = 10;

impl Settings {
    /// The default settings for a tenant.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        let digest = Sha256::digest(tenant);
        Self {
            tenant: tenant.to_owned(),
            service_sources: defaults::SERVICE_SOURCES.map(str::to_owned).to_vec(),
            polled_alerts: None,
            severities: Vec::new(),
            page_size: defaults::PAGE_SIZE,
            windows: WindowSettings {
                sweep_phase_secs: u32::from(u16::from_be_bytes([digest[0], digest[1]])),
                overlap_secs: defaults::OVERLAP_SECS,
                settle_secs: defaults::SETTLE_SECS,
                first_lookback_secs: defaults::FIRST_LOOKBACK_SECS,
                first_from: None,
                smallest_ms: SMALLEST_WINDOW_MS,
                sweeps: defaults::SWEEPS,
            },
            retention_secs: u64::from(defaults::RETENTION_DAYS) * 24 * 60 * 60,
            heartbeat_secs: HEARTBEAT_SECS,
            busy_heartbeat_secs: 5 * 60,
            page_margin_secs: 10,
            most_state_bytes: MAX_STATE_BYTES,
            pages: PageSettings::default(),
        }
    }
}
