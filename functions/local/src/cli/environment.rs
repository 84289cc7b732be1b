use drawbridge_config::check_variables;

use crate::failure::Failure;

/// Refuses variables that would have no effect, as options that have none are refused.
pub(super) fn check() -> Result<(), Failure> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    check_variables(names, |name| std::env::var(name).ok()).map_err(Failure::usage)?;
    drawbridge_telemetry::check_filter().map_err(Failure::usage)
}
