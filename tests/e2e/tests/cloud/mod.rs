//! One emulated cloud for the tests of a binary.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::SdkConfig;
use drawbridge_emulator::Emulator;
use tokio::sync::OnceCell;

/// The emulator that the tests of this binary share; it ends with the process.
pub(crate) async fn emulator() -> &'static Emulator {
    static EMULATOR: OnceCell<Emulator> = OnceCell::const_new();
    EMULATOR
        .get_or_try_init(Emulator::start)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Settings for clients of the emulator, with connections of the calling test's own.
pub(crate) async fn config() -> SdkConfig {
    emulator().await.sdk_config().await
}

/// A name that no other test of this binary uses.
pub(crate) fn unique(what: &str) -> String {
    static USED: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}", USED.fetch_add(1, Ordering::Relaxed))
}
