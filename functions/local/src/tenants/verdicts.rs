use std::collections::HashMap;

use drawbridge_config::ConfigError;
use drawbridge_poll::assembly::Admitted;

/// Documents by name: each as it may be polled, or why it may not.
pub(crate) type Verdicts<'a> = HashMap<&'a str, Result<Admitted<'a>, ConfigError>>;
