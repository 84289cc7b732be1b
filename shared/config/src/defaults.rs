//! What goes for a tenant whose document does not say it. The poll's settings, the command line and
//! `docs/tenants.md` are derived from these or tested against them.

/// The products whose alerts are read.
pub const SERVICE_SOURCES: [&str; 1] = ["microsoftDefenderForEndpoint"];
/// Alerts per page: Graph's limit.
pub const PAGE_SIZE: u32 = 1000;
/// Seconds that a live poll reads back behind its watermark.
pub const OVERLAP_SECS: u32 = 15 * 60;
/// Seconds that a live poll stays behind now.
pub const SETTLE_SECS: u32 = 30;
/// Seconds that the very first poll looks back.
pub const FIRST_LOOKBACK_SECS: u32 = 24 * 60 * 60;
/// Whether the last day is read again every hour, and the last week every day.
pub const SWEEPS: bool = true;
/// Days that a written record is remembered after Graph last returned its alert.
pub const RETENTION_DAYS: u32 = 7;
/// The output of a tenant in a folder, and the format of records where none is named.
pub const OUTPUT: &str = "siem";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_the_same() {
        let page = include_str!("../../../docs/tenants.md");
        let sources = format!("`{SERVICE_SOURCES:?}`");
        for (field, default) in [
            ("service_sources", sources),
            ("page_size", PAGE_SIZE.to_string()),
            ("overlap_secs", OVERLAP_SECS.to_string()),
            ("settle_secs", SETTLE_SECS.to_string()),
            ("first_lookback_secs", FIRST_LOOKBACK_SECS.to_string()),
            ("sweeps", SWEEPS.to_string()),
            ("retention_days", RETENTION_DAYS.to_string()),
        ] {
            let row = format!("| `{field}` | {default} |");
            assert!(page.contains(&row), "docs/tenants.md has no row {row}");
        }
    }
}
