use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_store::StoreError;
use drawbridge_store::testing::{Call, FaultyStore, Hook, Hooked};

/// What each listing takes.
type Listings = Box<dyn FnMut() -> Duration + Send>;

/// The distance to a store. A listing has what there is at its beginning: whatever is written while it
/// takes its time is not in it.
pub(crate) struct FarAway {
    get_takes: Duration,
    list_takes: Mutex<Listings>,
}

impl FarAway {
    pub(crate) fn getting(get_takes: Duration) -> Self {
        Self {
            get_takes,
            list_takes: Mutex::new(Box::new(|| Duration::ZERO)),
        }
    }

    pub(crate) fn listing(takes: impl FnMut() -> Duration + Send + 'static) -> Self {
        Self {
            get_takes: Duration::ZERO,
            list_takes: Mutex::new(Box::new(takes)),
        }
    }

    /// The store at that distance.
    pub(crate) fn from(self, store: Arc<FaultyStore>) -> Arc<Hooked<Arc<FaultyStore>, Self>> {
        Arc::new(Hooked { store, hook: self })
    }
}

#[async_trait]
impl Hook for FarAway {
    async fn before(&self, call: Call, _: &str) -> Result<(), StoreError> {
        if call.is_read() {
            tokio::time::sleep(self.get_takes).await;
        }
        Ok(())
    }

    async fn after(&self, call: Call, _: &str) {
        if call == Call::List {
            let takes = self.list_takes.lock().unwrap()();
            tokio::time::sleep(takes).await;
        }
    }
}
