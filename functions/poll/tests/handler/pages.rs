//! What is known of alerts lies in pages beside the state object: whatever happens to them, nothing is
//! lost, and what can come twice is what the pages that are gone held.

use std::collections::BTreeMap;

use bytes::Bytes;
use drawbridge_alert::Alert;
use drawbridge_cursor::{AlertDigest, PageSettings, State};
use drawbridge_poll::{PollError, Progress, Report, Stop, pages_prefix, state_key};
use drawbridge_time::Deadline;

use super::world::{Put, World, alert};

/// So small that each poll merges, splits and removes pages.
const TINY: PageSettings = PageSettings {
    most_kept_bytes: 300,
    page_bytes: 400,
    recent_secs: 60,
};

const HOURS: u32 = 8;

fn world() -> World {
    World::with(|settings| settings.pages = TINY)
}

/// Sets ten alerts of one hour, and changes one of those that came up in each hour before.
fn hour(world: &World, hour: u32) {
    let time = format!("2026-03-01T{:02}:00:00Z", 12 + hour);
    for n in 0..10 {
        world.set(&format!("da{hour}-{n}"), &time);
    }
    for before in 0..hour {
        let id = format!("da{before}-{}", hour % 10);
        let file = format!("{hour}.exe");
        world
            .graph
            .set(&id, &time, alert(&id, &time, &["a.exe", &file]));
    }
}

/// Polls once after each of these hours.
async fn poll_hours(world: &World, hours: std::ops::Range<u32>) {
    for n in hours {
        hour(world, n);
        world.clock.advance_secs(3600);
        world.poll().await.unwrap();
    }
}

/// How often each record was written.
fn written(world: &World) -> BTreeMap<(String, u64, String), usize> {
    let mut counts = BTreeMap::new();
    for record in world.written() {
        *counts.entry(record).or_default() += 1;
    }
    counts
}

fn assert_once_each(world: &World, hours: u32) {
    let counts = written(world);
    let changed = hours * (hours - 1) / 2;
    assert_eq!(counts.len() as u32, 10 * hours + changed);
    for (record, count) in counts {
        assert_eq!(count, 1, "{record:?}");
    }
}

/// The pages that are stored, and those that the state names.
async fn pages(world: &World) -> (Vec<String>, Vec<String>) {
    let prefix = pages_prefix("contoso");
    let keys = world.store.keys().into_iter();
    let stored = keys.filter(|key| key.starts_with(&prefix)).collect();
    let state = world.state().await;
    let mut named: Vec<_> = state
        .pages
        .ids()
        .map(|id| format!("{prefix}{id}"))
        .collect();
    named.sort();
    (stored, named)
}

#[tokio::test(start_paused = true)]
async fn each_record_is_written_once_and_no_page_is_left_over() {
    let world = world();
    for n in 0..HOURS {
        hour(&world, n);
        world.clock.advance_secs(3600);
        world.poll().await.unwrap();
        let (stored, named) = pages(&world).await;
        assert_eq!(stored, named);
        assert!(world.state().await.kept_bytes() <= TINY.most_kept_bytes);
    }
    assert_once_each(&world, HOURS);
    assert!(pages(&world).await.0.len() > 10);
    // All of it again: it is known.
    let day = drawbridge_cursor::Window::new(
        "2026-03-01T00:00:00Z".parse().unwrap(),
        "2026-03-01T20:00:00Z".parse().unwrap(),
    );
    world.want(day.unwrap()).await;
    world.poll().await.unwrap();
    assert_once_each(&world, HOURS);
}

/// At each step of the store: before a page, between pages and the object, between that and the removal
/// of what it names no more.
#[tokio::test(start_paused = true)]
async fn wherever_a_poll_dies_nothing_is_lost_and_no_page_is_missing() {
    let mut died = 0;
    for step in 0.. {
        let mut world = world();
        poll_hours(&world, 0..3).await;
        hour(&world, 3);
        world.clock.advance_secs(3600);
        world.mortal.dies_at(Some(step));
        let dying = tokio::time::timeout(std::time::Duration::from_secs(60), world.poll()).await;
        world.mortal.dies_at(None);
        let has_died = world.mortal.take_died();
        assert_eq!(dying.is_err(), has_died);
        world.restart();
        let (stored, named) = pages(&world).await;
        assert!(named.iter().all(|page| stored.contains(page)), "at {step}");
        for n in 4..6 {
            hour(&world, n);
            world.clock.advance_secs(3600);
            let report = world.poll().await.unwrap();
            assert_eq!(report.lost_pages, 0);
        }
        // What the dead poll sent may come twice, and nothing else.
        let counts = written(&world);
        assert_eq!(counts.len(), 60 + 15, "at {step}");
        let of_hour_3 =
            |(id, _, file): &(String, u64, String)| id.starts_with("da3") || file == "3.exe";
        assert!(
            counts
                .iter()
                .all(|(record, count)| *count == 1 || of_hour_3(record))
        );
        // A day later, what it left is gone.
        world.clock.advance_secs(25 * 3600);
        hour(&world, 6);
        world.set("late", "2026-03-02T18:00:00Z");
        world.poll().await.unwrap();
        let (stored, named) = pages(&world).await;
        assert_eq!(stored, named, "after a death at {step}");
        if !has_died {
            break;
        }
        died += 1;
    }
    assert!(died > 10, "it died at {died} steps only");
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_overtaken_fails_and_does_no_harm() {
    let world = world();
    poll_hours(&world, 0..4).await;
    hour(&world, 4);
    world.clock.advance_secs(3600);
    // The other one saves just before this one does.
    let mut other = world.state().await;
    other.saved = Some("2026-03-01T17:00:00Z".parse().unwrap());
    let body = Bytes::from(other.encode().unwrap());
    world.store.then_put_if([Put::Overtaken(body)]);
    let report = world.poll().await.unwrap();
    assert_eq!(report.ending, drawbridge_poll::Ending::Superseded);
    let (stored, named) = pages(&world).await;
    assert!(named.iter().all(|page| stored.contains(page)));
    assert!(stored.len() > named.len(), "what it wrote is nobody's");
    world.poll().await.unwrap();
    assert_eq!(written(&world).len(), 50 + 10);
}

struct AtFirstPage<F>(F);

impl<F: Fn() + Send + Sync> Progress for AtFirstPage<F> {
    fn page(&self, so_far: &Report) {
        if so_far.pages == 1 {
            (self.0)();
        }
    }
}

/// Another poll saves, and removes pages, while this one reads.
#[tokio::test(start_paused = true)]
async fn a_page_that_another_poll_replaced_is_not_taken_for_lost() {
    let world = World::with(|settings| {
        settings.pages = TINY;
        settings.page_size = 2;
    });
    poll_hours(&world, 0..4).await;
    let before = world.store.objects();
    hour(&world, 4);
    world.clock.advance_secs(3600);
    world.poll().await.unwrap();
    let after = world.store.objects();
    let put = |objects: &BTreeMap<String, Bytes>| {
        world.store.take(|_| true);
        for (key, body) in objects {
            world.store.insert(key, body.clone());
        }
    };
    put(&before);
    hour(&world, 5);
    world.clock.advance_secs(3600);
    let meanwhile = AtFirstPage(|| put(&after));
    let stop = Stop::at(Deadline::none());
    let error = world.poller.run(&stop, &meanwhile).await.unwrap_err();
    assert!(matches!(error, PollError::Superseded), "{error}");
    assert!(error.is_retryable());
    world.poll().await.unwrap();
    assert_eq!(written(&world).len(), 60 + 15);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_lost_costs_repeats_and_nothing_else() {
    let world = world();
    poll_hours(&world, 0..4).await;
    let prefix = pages_prefix("contoso");
    let removed = world.store.take(|key| key.starts_with(&prefix));
    assert!(removed.len() > 3);
    for n in 4..6 {
        hour(&world, n);
        world.clock.advance_secs(3600);
        let report = world.poll().await.unwrap();
        assert_eq!(report.lost_pages > 0, n == 4, "{n}");
    }
    let (stored, named) = pages(&world).await;
    assert_eq!(stored, named);
    let counts = written(&world);
    assert_eq!(
        counts
            .keys()
            .map(|(id, _, file)| (id, file))
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        60 + 15
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_page_is_named_and_nothing_is_sent_for_what_it_holds() {
    let world = world();
    poll_hours(&world, 0..4).await;
    let (stored, _) = pages(&world).await;
    let sound: Vec<_> = stored.iter().map(|key| world.store.bytes(key)).collect();
    for (key, body) in stored.iter().zip(&sound) {
        let mut damaged = body.to_vec();
        let half = damaged.len() / 2;
        damaged[half] ^= 1;
        world.store.insert(key, damaged);
    }
    hour(&world, 4);
    world.clock.advance_secs(3600);
    let error = world.poll().await.unwrap_err();
    assert!(!error.is_retryable());
    let text = error.to_string();
    assert!(
        text.contains("pages/contoso/") && text.contains("remove it"),
        "{text}"
    );
    for (key, body) in stored.iter().zip(sound) {
        world.store.insert(key, body);
    }
    world.poll().await.unwrap();
    assert_once_each(&world, 5);
}

/// What belongs in a page that cannot be stored stays in the object, and is known all the same.
#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_stored_costs_nothing() {
    for failing in 0..6 {
        let world = world();
        poll_hours(&world, 0..3).await;
        hour(&world, 3);
        world.clock.advance_secs(3600);
        let works = std::iter::repeat_n(Put::Works, failing);
        world.store.then_put(works.chain([Put::Fails]));
        world.poll().await.unwrap();
        let (stored, named) = pages(&world).await;
        assert!(named.iter().all(|page| stored.contains(page)), "{failing}");
        world.store.heal();
        poll_hours(&world, 4..6).await;
        assert!(world.state().await.kept_bytes() <= TINY.most_kept_bytes);
        assert_once_each(&world, 6);
    }
}

/// What is new does not come again and again because of a page that only the save needs.
#[tokio::test(start_paused = true)]
async fn a_damaged_page_that_no_alert_is_in_keeps_no_poll_from_saving() {
    let (mut damaged, mut saved) = (0, 0);
    loop {
        let world = world();
        poll_hours(&world, 0..4).await;
        let (stored, _) = pages(&world).await;
        let Some(key) = stored.get(damaged) else {
            break;
        };
        let sound = world.store.bytes(key);
        world.store.insert(key, sound[1..].to_vec());
        hour(&world, 4);
        world.clock.advance_secs(3600);
        if world.poll().await.is_ok() {
            saved += 1;
            let before = world.written().len();
            world.clock.advance_secs(60);
            world.poll().await.unwrap();
            assert_eq!(world.written().len(), before, "{damaged}");
        }
        world.store.insert(key, sound);
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
        assert_once_each(&world, 5);
        damaged += 1;
    }
    assert!(saved > 0, "none of {damaged} pages could be done without");
}

/// An alert that lies in a page is delivered beside a poll that merges it: whichever saves first, both
/// are known afterwards.
#[tokio::test(start_paused = true)]
async fn what_a_replay_and_a_poll_learn_of_the_same_alert_is_known() {
    for is_poll_first in [false, true] {
        let world = world();
        poll_hours(&world, 0..5).await;
        let before = world.store.objects();
        let key = state_key("contoso");
        // As if both had read the state as it was before.
        let again = |after: &BTreeMap<String, Bytes>| {
            for (key, body) in &before {
                world.store.insert(key, body.clone());
            }
            let saved_first = after[&key].clone();
            world.store.then_put_if([Put::Overtaken(saved_first)]);
        };
        let text = alert("da0-5", "2026-03-01T16:30:00Z", &["a.exe", "r.exe"]);
        let replayed = Alert::decode(&text).unwrap();
        hour(&world, 5);
        world.clock.advance_secs(3600);
        if is_poll_first {
            world.poll().await.unwrap();
            again(&world.store.objects());
            let report = world.poller.deliver_again(&replayed).await.unwrap();
            assert_eq!(report.records, 1);
        } else {
            let report = world.poller.deliver_again(&replayed).await.unwrap();
            assert_eq!(report.records, 1);
            again(&world.store.objects());
            assert!(world.poll().await.unwrap().saved);
        }
        let sent = world.written().len();
        assert_eq!(sent, 60 + 15 + 1);
        // All of it together writes nothing new, and a new file gets the next number.
        let files = ["a.exe", "r.exe", "5.exe", "new.exe"];
        let time = "2026-03-01T18:30:00Z";
        world.graph.set("da0-5", time, alert("da0-5", time, &files));
        world.clock.advance_secs(3600);
        world.poll().await.unwrap();
        let new = &world.written()[sent..];
        assert_eq!(new, [("da0-5".to_owned(), 3, "new.exe".to_owned())]);
    }
}

/// An operator sets the tenant back, and puts the old state back later.
#[tokio::test(start_paused = true)]
async fn an_old_state_that_is_put_back_costs_repeats_only() {
    let world = world();
    poll_hours(&world, 0..4).await;
    let before = world.store.bytes(&state_key("contoso"));
    poll_hours(&world, 4..6).await;
    world.store.insert(&state_key("contoso"), before);
    for n in 6..8 {
        hour(&world, n);
        world.clock.advance_secs(3600);
        world.poll().await.unwrap();
    }
    let counts = written(&world);
    let all: std::collections::BTreeSet<_> =
        counts.keys().map(|(id, _, file)| (id, file)).collect();
    assert_eq!(all.len() as u32, 80 + 28);
}

/// What an older release kept in one object is spread over pages by the first poll that saves.
#[tokio::test(start_paused = true)]
async fn a_large_object_is_spread_over_pages() {
    let world = world();
    hour(&world, 0);
    world.clock.advance_secs(3600);
    world.poll().await.unwrap();
    let key = state_key("contoso");
    let mut state = world.state().await;
    for n in 0..500_u32 {
        let alert = AlertDigest::of(&format!("old{n}"));
        state.output("siem").claim(alert, &[1; 32], 1_772_366_400);
    }
    world.store.insert(&key, state.encode().unwrap());
    hour(&world, 1);
    world.clock.advance_secs(3600);
    world.poll().await.unwrap();
    let state = world.state().await;
    assert!(state.kept_bytes() <= TINY.most_kept_bytes);
    let (_, alerts, keys) = state.pages.count();
    assert!(alerts > 500 && keys >= alerts);
    assert_once_each(&world, 2);
}

/// A state of a million keys: what is read and written follows what is new.
#[tokio::test(start_paused = true)]
async fn a_poll_of_a_million_keys_reads_and_writes_little() {
    let world = World::new();
    let settings = PageSettings::default();
    let now: jiff::Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let now_secs = u32::try_from(now.as_second()).unwrap();
    let mut state = State {
        watermark: Some(now),
        last_success: Some(now),
        saved: Some(now),
        ..State::default()
    };
    state.begin_save(now);
    for n in 0..250_000_u32 {
        let created = now_secs - 1_000_000 + n * 4;
        let alert = AlertDigest::of(&format!("old{n}")).created(created);
        for record in 0..4_u8 {
            let siem = state.output("siem");
            let mut claimed = siem.claim(alert, &[record; 32], created).unwrap();
            siem.carry(&mut claimed, &[[record; 6]]);
        }
        if n % 20_000 == 19_999 || n == 249_999 {
            for merge in state.merges(now_secs, &settings) {
                let held = merge.pages.iter().map(|id| {
                    let key = format!("{}{id}", pages_prefix("contoso"));
                    (*id, std::sync::Arc::from(&*world.store.bytes(&key)))
                });
                let held = held.collect();
                for page in state.merge(&merge, &held).unwrap().new {
                    let key = format!("{}{}", pages_prefix("contoso"), page.id);
                    world.store.insert(&key, page.bytes.to_vec());
                }
            }
        }
    }
    let (pages, _, keys) = state.pages.count();
    let object = state.encode().unwrap();
    println!(
        "{keys} keys in {pages} pages; the object has {} bytes",
        object.len()
    );
    assert!(keys > 990_000);
    world.store.insert(&state_key("contoso"), object);

    // The first one begins the sweeps.
    world.poll().await.unwrap();
    world.clock.advance_secs(60);
    world.store.transferred();
    let report = world.poll().await.unwrap();
    assert_eq!(report.records, 0);
    let (read, wrote) = world.store.transferred();
    println!("an idle poll: {read} bytes read, {wrote} written");
    assert!(read < 100_000 && wrote == 0);

    // News of new alerts and of some that came up at any time.
    let (mut most_read, mut most_wrote) = (0, 0);
    for minute in 0..30 {
        let time = format!("2026-03-01T12:{minute:02}:40Z");
        for n in 0..20 {
            let id = format!("new{minute}-{n}");
            world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
        }
        world.clock.advance_secs(60);
        world.store.transferred();
        let report = world.poll().await.unwrap();
        assert_eq!(report.records, 20);
        let (read, wrote) = world.store.transferred();
        (most_read, most_wrote) = (read.max(most_read), wrote.max(most_wrote));
    }
    println!("one with news: {most_read} bytes read at most, {most_wrote} written at most");
    assert!(most_read < 1_000_000 && most_wrote < 1_000_000);
}
