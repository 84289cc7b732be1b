//! A tenant's records by the hour in which their alerts were created, as its state knows them.

use std::collections::BTreeMap;

use drawbridge_cursor::{CreatedHours, State, epoch_secs_of};
use drawbridge_poll::{MAX_STATE_BYTES, pages_prefix, state_key};
use drawbridge_store::Store;
use drawbridge_telemetry::shown;
use drawbridge_view::plot as bars;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::progress::counted;

/// How many hours are shown, up to the one of the newest alert.
const HOURS: u32 = 48;

/// The most pages of a state, and the most bytes of them, that are read.
const MAX_PAGES: usize = 64;
const MAX_BYTES: usize = 8 << 20;

/// How often it is begun anew where a poll has put other pages in the place of one.
const MAX_ATTEMPTS: usize = 3;

/// What a state says of its records, and what of that could not be read.
struct Known {
    of: CreatedHours,
    notes: Vec<String>,
}

/// The plot of a tenant, or why there is none; `None` where it has no state.
pub(super) async fn plot(store: &dyn Store, tenant: &str, now: Timestamp) -> Option<Markup> {
    match read(store, tenant, now).await {
        Ok(known) => known.as_ref().map(Known::markup),
        Err(error) => Some(html! {
            p.note { "There is no plot of its records by hour: " (shown(&error)) }
        }),
    }
}

async fn read(store: &dyn Store, tenant: &str, now: Timestamp) -> Result<Option<Known>, String> {
    let key = state_key(tenant);
    for attempt in 1..=MAX_ATTEMPTS {
        let object = store.get_at_most(&key, MAX_STATE_BYTES / 2).await;
        let object = object.map_err(|error| error.to_string())?;
        let Some(object) = object else {
            return Ok(None);
        };
        let state = State::decode_within(&object.body, MAX_STATE_BYTES);
        let state = state.map_err(|error| error.to_string())?;
        let is_last = attempt == MAX_ATTEMPTS;
        if let Some(known) = Known::read(store, tenant, &state, now, is_last).await {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

impl Known {
    /// `None` where a page is not there, unless this is the last attempt.
    async fn read(
        store: &dyn Store,
        tenant: &str,
        state: &State,
        now: Timestamp,
        is_last: bool,
    ) -> Option<Self> {
        let mut known = Self {
            of: CreatedHours::of(state, epoch_secs_of(now.as_second()), HOURS),
            notes: Vec::new(),
        };
        let (mut pages, mut bytes) = (0, 0);
        while let Some(page) = known.of.next_page() {
            (pages, bytes) = (pages + 1, bytes + page.bytes);
            if pages > MAX_PAGES || bytes > MAX_BYTES {
                let before = page.up_to_secs.map_or_else(|| "now".to_owned(), time);
                known.notes.push(format!(
                    "The records before {before} are not all counted: no more than {MAX_PAGES} pages of a \
                     state, and {} MiB, are read.",
                    MAX_BYTES >> 20
                ));
                break;
            }
            let key = format!("{}{}", pages_prefix(tenant), page.id);
            let object = match store.get_at_most(&key, page.bytes).await {
                Ok(None) if !is_last => return None,
                Ok(None) => Err("it is not there".to_owned()),
                Ok(Some(object)) => Ok(object),
                Err(error) => Err(error.to_string()),
            };
            let added = object.and_then(|object| {
                let added = known.of.add(page.id, &object.body);
                added.map_err(|error| error.to_string())
            });
            if let Err(error) = added {
                known.notes.push(format!(
                    "What is in the page {key} of its state is not counted: {error}"
                ));
            }
        }
        Some(known)
    }

    fn markup(&self) -> Markup {
        let counts = self.of.counts();
        let undated = self.of.undated();
        html! {
            @match counts.keys().next_back() {
                Some(newest) => (plotted(&counts, *newest)),
                None => p.note { "Its state knows of no record when its alert was created, so that there is no plot by hour." },
            }
            @for note in &self.notes { p.note { (shown(note)) } }
            @if undated > 0 {
                p.note { "Of " (counted(undated, "record", "records")) " more, an older release did not note when their alert was created." }
            }
        }
    }
}

fn plotted(counts: &BTreeMap<u32, &BTreeMap<String, u64>>, newest: u32) -> Markup {
    let mut by_output: BTreeMap<&str, u64> = BTreeMap::new();
    for (output, count) in counts.values().flat_map(|outputs| outputs.iter()) {
        *by_output.entry(output).or_default() += count;
    }
    let sum = |hour: u32| {
        counts
            .get(&hour)
            .map_or(0, |outputs| outputs.values().sum())
    };
    let hours = (newest + 1).saturating_sub(HOURS)..=newest;
    let bars_of: Vec<(String, u64)> = hours
        .map(|hour| (time(hour.saturating_mul(3600)), sum(hour)))
        .collect();
    let by_output: Vec<String> = by_output
        .iter()
        .map(|(output, count)| format!("{} in {output}", counted(*count, "record", "records")))
        .collect();
    let what = format!(
        "{} by the hour in which their alert was created, in the {HOURS} hours to the one that begins {}",
        shown(&by_output.join(", ")),
        time(newest.saturating_mul(3600))
    );
    bars(&what, &bars_of)
}

fn time(secs: u32) -> String {
    let time = Timestamp::from_second(secs.into());
    time.map_or_else(|_| "?".to_owned(), |time| format!("{time:.0}"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use drawbridge_cursor::{AlertDigest, PageId, PageSettings};
    use drawbridge_store::LocalStore;
    use tempfile::TempDir;

    use super::*;

    /// 2026-01-02T10:00:00Z.
    const HOUR: u32 = 1_767_348_000;

    fn now() -> Timestamp {
        "2026-01-03T00:00:00Z".parse().unwrap()
    }

    /// A folder with the state of a tenant whose alerts came up at these times, in pages of some bytes.
    struct Folder {
        folder: TempDir,
        store: LocalStore,
        pages: Vec<PageId>,
    }

    impl Folder {
        async fn of(created: impl Iterator<Item = u32>, page_bytes: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = LocalStore::new(folder.path());
            let mut state = State::default();
            for (n, created) in created.enumerate() {
                let alert = AlertDigest::of(&format!("da{n}")).created(created);
                for output in ["ecs", "siem"] {
                    state.output(output).claim(alert, &[1; 32], HOUR);
                }
            }
            let settings = PageSettings {
                most_kept_bytes: 0,
                page_bytes,
                recent_secs: 0,
            };
            state.begin_save(now());
            let mut pages = std::collections::HashMap::new();
            for merge in state.merges(HOUR, &settings) {
                for page in state.merge(&merge, &pages).unwrap().new {
                    pages.insert(page.id, page.bytes);
                }
            }
            let named: Vec<PageId> = state.pages.ids().collect();
            for id in &named {
                let body = Bytes::from_owner(pages[id].clone());
                let key = format!("pages/contoso/{id}");
                store.put(&key, body, "").await.unwrap();
            }
            let body = state.encode().unwrap().into();
            store.put("state/contoso.json", body, "").await.unwrap();
            Self {
                folder,
                store,
                pages: named,
            }
        }

        async fn html(&self) -> String {
            let html = plot(&self.store, "contoso", now()).await;
            html.unwrap().into_string()
        }
    }

    #[tokio::test]
    async fn records_of_every_output_are_counted_by_hour_and_a_time_ahead_is_not() {
        let created = [0, 59, -1, -86_400, -10_000_000, 1_000_000];
        let created = created.map(|secs| HOUR.saturating_add_signed(secs));
        let folder = Folder::of(created.into_iter(), 500).await;
        let html = folder.html().await;
        for words in [
            "4 records in ecs, 4 records in siem by the hour",
            "<title>2026-01-02T10:00:00Z: 4</title>",
            "<title>2026-01-02T09:00:00Z: 2</title>",
            "<title>2026-01-01T10:00:00Z: 2</title>",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert_eq!(html.matches("<rect").count(), 48);
        assert!(!html.contains("not counted") && !html.contains("not all"));
    }

    #[tokio::test]
    async fn what_is_not_read_is_told() {
        let folder = Folder::of((0..2000).map(|n| HOUR + n), 500).await;
        assert!(folder.pages.len() > 2 * MAX_PAGES);
        let html = folder.html().await;
        assert!(html.contains("are not all counted: no more than 64 pages"));

        // The newest is damaged, and an older one is not there.
        let folder = Folder::of((0..40).map(|n| HOUR + n), 500).await;
        let [lost, .., damaged] = &folder.pages[..] else {
            panic!("{:?}", folder.pages);
        };
        let path = |id: &PageId| folder.folder.path().join(format!("pages/contoso/{id}"));
        std::fs::remove_file(path(lost)).unwrap();
        std::fs::write(path(damaged), "broken").unwrap();
        let html = folder.html().await;
        for (id, why) in [(lost, "it is not there"), (damaged, "the page is damaged")] {
            let said = format!("pages/contoso/{id} of its state is not counted: {why}");
            assert!(html.contains(&said), "{said}: {html}");
        }
        assert!(html.contains("<svg"));
    }

    #[tokio::test]
    async fn without_a_state_or_a_record_there_is_no_plot_and_the_page_says_why() {
        let folder = Folder::of(std::iter::empty(), 500).await;
        assert!(plot(&folder.store, "fabrikam", now()).await.is_none());
        assert!(folder.html().await.contains("there is no plot by hour"));
        std::fs::write(folder.folder.path().join("state/contoso.json"), "<b>").unwrap();
        let html = folder.html().await;
        assert!(html.contains("no plot of its records by hour: the state object is damaged"));
        assert!(!html.contains("<b>"));
    }
}
