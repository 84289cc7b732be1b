use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant, document_version};
use drawbridge_store::Store;
use jiff::{SignedDuration, Timestamp};

use super::known::settings_bytes;
use crate::assembly::is_within;

/// How long a document is taken to be as it was read where no job can tell.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// A tenant's document as this process read it last, whether it holds or not.
#[derive(Default)]
pub(super) struct KeptDocument(Option<Read>);

struct Read {
    at: Timestamp,
    /// What it says; `None` where there is none.
    said: Result<Option<Arc<Tenant>>, ConfigError>,
    /// How much memory that takes, about.
    bytes: usize,
    /// Its version, where one was read.
    version: Option<String>,
    /// Whether it, or something that belongs to it, cannot be used: who mends that by hand does not wait.
    is_refused: bool,
    /// The version for which it was read, if that is another: the listing was older.
    listed: Option<String>,
}

impl Read {
    /// Whether a job that knows of the version `listed` finds nothing newer than this.
    ///
    /// The store gives the newest version, so that a listing which names another is newer or older,
    /// and which of both only another read tells. One that was read for the same listing was the
    /// newest then, and is taken to be that for a minute: not for longer, since the document may have
    /// been changed back to what the listing has.
    fn is_current(&self, listed: Option<&str>, now: Timestamp) -> bool {
        match listed {
            Some(_) if listed == self.version.as_deref() => true,
            Some(_) if listed != self.listed.as_deref() => false,
            None if self.is_refused => false,
            _ => is_within(self.at, FRESH, now),
        }
    }
}

impl KeptDocument {
    /// What the document says, read anew where a job with the version `listed` may know of a newer
    /// one.
    ///
    /// # Errors
    /// As [`drawbridge_config::document`].
    pub(super) async fn get(
        &mut self,
        store: &dyn Store,
        name: &str,
        listed: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, ConfigError> {
        if let Some(read) = &self.0
            && read.is_current(listed, now)
        {
            return read.said.clone();
        }
        let (said, version) = match document_version(store, name).await {
            Ok(Some((said, etag))) => (
                said.map(|tenant| Some(Arc::new(tenant))),
                Some(etag.as_str().to_owned()),
            ),
            Ok(None) => (Ok(None), None),
            Err(error) if error.is_retryable() => return Err(error),
            Err(error) => (Err(error), None),
        };
        let tenant = said.as_ref().ok().and_then(Option::as_deref);
        self.0 = Some(Read {
            at: now,
            is_refused: tenant.is_none(),
            bytes: tenant.map_or(0, settings_bytes),
            said: said.clone(),
            listed: listed.map(str::to_owned),
            version,
        });
        said
    }

    /// How many bytes what it says takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |read| read.bytes)
    }

    /// Notes that the tenant is not polled as it is.
    pub(super) fn refused(&mut self) {
        if let Some(read) = &mut self.0 {
            read.is_refused = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    const KEY: &str = "tenants/a.toml";

    fn text(page_size: u32) -> String {
        format!(
            "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-00000000000c\"\n\
             secret = \"s\"\npage_size = {page_size}\n"
        )
    }

    struct World {
        store: FaultyStore,
        document: KeptDocument,
    }

    impl World {
        fn new() -> Self {
            Self {
                store: FaultyStore::default(),
                document: KeptDocument::default(),
            }
        }

        /// Writes the document; the version that a listing names from then on.
        fn write(&self, text: String) -> String {
            self.store.insert(KEY, text);
            self.store.etag(KEY).unwrap().as_str().to_owned()
        }

        /// What a job at that second finds, and how many reads that costs.
        async fn job(&mut self, second: i64, listed: Option<&str>) -> (Option<u32>, usize) {
            let now = Timestamp::from_second(second).unwrap();
            let said = self.document.get(&self.store, "a", listed, now).await;
            let page_size = said.ok().flatten().map(|tenant| tenant.page_size);
            (page_size, self.store.calls().len())
        }
    }

    #[tokio::test]
    async fn a_document_is_read_once_for_each_version() {
        let mut world = World::new();
        let first = world.write(text(1));
        assert_eq!(world.job(0, Some(&first)).await, (Some(1), 1));
        assert_eq!(world.job(86_400, Some(&first)).await, (Some(1), 0));
        let second = world.write(text(2));
        // Not before a listing tells of it.
        assert_eq!(world.job(86_460, Some(&first)).await, (Some(1), 0));
        assert_eq!(world.job(86_461, Some(&second)).await, (Some(2), 1));
        assert_eq!(world.job(99_999, Some(&second)).await, (Some(2), 0));
    }

    #[tokio::test]
    async fn without_a_version_it_is_fresh_for_a_minute() {
        let mut world = World::new();
        let first = world.write(text(1));
        assert_eq!(world.job(0, None).await, (Some(1), 1));
        world.write(text(2));
        assert_eq!(world.job(59, None).await, (Some(1), 0));
        assert_eq!(world.job(60, None).await, (Some(2), 1));
        assert_eq!(world.job(61, Some(&first)).await, (Some(2), 1));
        // By a clock that was ahead.
        assert_eq!(world.job(30, None).await, (Some(2), 1));
    }

    /// The document is changed between the listing and the read, and jobs of a listing before and of
    /// one after come in turns.
    #[tokio::test]
    async fn older_listings_neither_turn_it_back_nor_have_it_read_each_time() {
        let mut world = World::new();
        let first = world.write(text(1));
        let second = world.write(text(2));
        assert_eq!(world.job(0, Some(&first)).await, (Some(2), 1));
        let mut reads = 0;
        for second_of_day in 1..300 {
            for listed in [&first, &second] {
                let (found, read) = world.job(second_of_day, Some(listed)).await;
                assert_eq!(found, Some(2));
                reads += read;
            }
        }
        assert_eq!(reads, 4);
    }

    /// The versions of S3 are digests of the content: changed back, it has that of the listing.
    #[tokio::test]
    async fn one_that_is_changed_back_before_the_next_listing_is_read_again() {
        let mut world = World::new();
        let newer = world.write(text(2));
        assert_eq!(world.job(0, Some("the first one's")).await, (Some(2), 1));
        let first = world.write(text(1));
        world.document.0.as_mut().unwrap().listed = Some(first.clone());
        assert_eq!(world.job(59, Some(&first)).await, (Some(2), 0));
        assert_eq!(world.job(60, Some(&first)).await, (Some(1), 1));
        assert_eq!(world.job(61, Some(&newer)).await, (Some(1), 1));
    }

    #[tokio::test]
    async fn one_that_is_broken_or_gone_is_not_read_each_time_and_mended_at_the_next_listing() {
        let mut world = World::new();
        let broken = world.write("nonsense".to_owned());
        assert_eq!(world.job(0, Some(&broken)).await, (None, 1));
        assert_eq!(world.job(600, Some(&broken)).await, (None, 0));
        let mended = world.write(text(1));
        assert_eq!(world.job(601, Some(&mended)).await, (Some(1), 1));
        // Nor does it wait where somebody asks by hand.
        let broken = world.write("nonsense".to_owned());
        assert_eq!(world.job(602, Some(&broken)).await, (None, 1));
        assert_eq!(world.job(602, None).await, (None, 1));
        let mended = world.write(text(1));
        assert_eq!(world.job(602, None).await, (Some(1), 1));
        world.store.take(|_| true);
        // Nobody tells of that before the next listing; then there is no job.
        assert_eq!(world.job(602, Some(&mended)).await, (Some(1), 0));
        assert_eq!(world.job(602, Some("later")).await, (None, 2));
        assert_eq!(world.job(603, Some("later")).await, (None, 0));
        let too_long = world.write("#".repeat(65 << 10));
        assert_eq!(world.job(700, Some(&too_long)).await, (None, 1));
        assert_eq!(world.job(759, Some(&too_long)).await, (None, 0));
    }

    #[tokio::test]
    async fn a_store_that_fails_is_asked_again_at_the_next_job() {
        let mut world = World::new();
        let first = world.write(text(1));
        assert_eq!(world.job(0, Some(&first)).await, (Some(1), 1));
        let second = world.write(text(2));
        world.store.hide(KEY);
        // The one at hand is not used in its place: it may be what was to end.
        assert_eq!(world.job(1, Some(&second)).await, (None, 1));
        world.store.heal();
        assert_eq!(world.job(2, Some(&second)).await, (Some(2), 1));
    }
}
