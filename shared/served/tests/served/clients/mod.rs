//! Every client of the table beside writers that know nothing of each other, in virtual time: a live poll,
//! a sweep and a backfill on two processes, with a store whose writes and listings take their time. Nothing
//! is lost for any way to remember where one was, and what comes twice was written twice. What would break that is
//! broken on purpose, and noticed.

mod random;
mod reader;
mod store;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_queue::{Queue as _, ServedQueue};
use drawbridge_served::RouterSettings;
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::Clock;
use drawbridge_time::testing::ManualClock;
use flate2::read::GzDecoder;
use futures::future::join_all;
use jiff::SignedDuration;
use tokio::time::Instant;

use self::random::Random;
use self::store::SlowStore;
use self::table::{CLIENTS, Cursor};
use crate::world::{DIRECTORY, FarAway, World, first_key, message};

/// How long is written, and how long is read after that.
const WRITTEN_SECS: u64 = 20 * 60;
const READ_SECS: u64 = WRITTEN_SECS + 15 * 60;

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    None,
    /// The stamp is the time of the last activity, which is long ago for what is found late.
    LastActivity,
    /// The stamp is now.
    NoLead,
    /// The lower bound is inclusive.
    Inclusive,
    /// A segment is written in two halves.
    Halves,
}

/// What came of one client.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    cursor: Cursor,
    may_repeat: bool,
    lost: usize,
    /// Records that came more often than they were written.
    repeated: usize,
}

async fn run(seed: u64, mutant: Mutant, longest_listing: Duration) -> Vec<Outcome> {
    let settings = RouterSettings {
        // All clients have the same application here.
        requests_per_minute: u32::MAX,
        answers_at_once: 1000,
        ..RouterSettings::default()
    };
    let mut random = Random::new(seed);
    let most = u64::try_from(longest_listing.as_millis()).unwrap() + 1;
    let takes = move || Duration::from_millis(random.below(most));
    let far_away = |store| FarAway::listing(takes).from(store);
    let world = World::over(far_away, settings);
    if mutant == Mutant::Inclusive {
        world.serve(&[world.tenant("contoso", DIRECTORY, r#","lookback_secs":1"#)]);
    }
    world.clock.run();
    let mut claims = world.claims();
    claims["exp"] = (world.now().as_second() + 100_000).into();
    let token = first_key().sign(&claims).unwrap();
    let memory = Arc::clone(&world.store);
    let start = Instant::now();
    let end = start + Duration::from_secs(READ_SECS);
    let writers = (0..3).map(|writer| write(&memory, &world.clock, seed, writer, mutant, start));
    let readers = CLIENTS.iter().zip(0..).map(|(client, n)| {
        let offset = Duration::from_micros(Random::new(seed ^ (n << 8)).below(5_000_000));
        reader::read(&world, &token, *client, offset, end)
    });
    let (written, read) = tokio::join!(join_all(writers), join_all(readers));
    let written: BTreeSet<u64> = written.into_iter().flatten().collect();
    assert!(written.len() > 150, "{}", written.len());
    let copies = copies(&memory);
    let results = CLIENTS.iter().zip(read).map(|(client, counts)| Outcome {
        name: client.name,
        cursor: client.cursor,
        may_repeat: client.may_repeat(),
        lost: written
            .iter()
            .filter(|id| !counts.contains_key(*id))
            .count(),
        repeated: counts
            .iter()
            .filter(|(id, count)| **count > copies.get(*id).copied().unwrap_or_default())
            .count(),
    });
    results.collect()
}

/// Writes as polls do, which try again what could not be written; gives the records that it wrote.
async fn write(
    memory: &Arc<FaultyStore>,
    clock: &Arc<ManualClock>,
    seed: u64,
    writer: u64,
    mutant: Mutant,
    start: Instant,
) -> Vec<u64> {
    let mut random = Random::new(seed * 10 + writer);
    let halves = (mutant == Mutant::Halves).then(|| Duration::from_secs(20));
    let store = Arc::new(SlowStore::new(Arc::clone(memory), seed + writer, halves));
    let clock = Arc::clone(clock);
    let behind_secs = match mutant {
        Mutant::LastActivity => 10 + i64::try_from(random.below(1000)).unwrap(),
        Mutant::NoLead => 10,
        _ => 0,
    };
    let clock = move || clock.now() - SignedDuration::from_secs(behind_secs);
    let queue = ServedQueue::new(store, Arc::new(clock), "contoso", DIRECTORY, "siem");
    let mut written = Vec::new();
    let mut next_id = writer * 1_000_000;
    while start.elapsed() < Duration::from_secs(WRITTEN_SECS) {
        tokio::time::sleep(Duration::from_millis(random.below(40_000))).await;
        let ids: Vec<u64> = (next_id..next_id + 1 + random.below(6)).collect();
        next_id += 10;
        let messages: Vec<_> = ids.iter().copied().map(message).collect();
        loop {
            queue.begin().await;
            assert_eq!(queue.send(&messages).await.unwrap(), []);
            if queue.flush().await.is_ok() {
                break;
            }
        }
        written.extend(ids);
    }
    written
}

/// How often each record lies in the store.
fn copies(memory: &FaultyStore) -> BTreeMap<u64, usize> {
    let mut copies = BTreeMap::new();
    for body in memory.objects().values() {
        let mut text = String::new();
        GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            *copies
                .entry(record["FullId"].as_u64().unwrap())
                .or_default() += 1;
        }
    }
    copies
}

#[tokio::test(start_paused = true)]
async fn no_client_of_the_table_loses_a_record_whatever_it_remembers() {
    for (seed, longest_listing_secs) in [(0, 0), (1, 2)] {
        let longest_listing = Duration::from_secs(longest_listing_secs);
        for result in run(seed, Mutant::None, longest_listing).await {
            let name = result.name;
            assert_eq!(result.lost, 0, "{name}, seed {seed}: {result:?}");
            if !result.may_repeat {
                assert_eq!(result.repeated, 0, "{name}, seed {seed}: {result:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_broken_on_purpose_is_noticed() {
    for mutant in [
        Mutant::LastActivity,
        Mutant::NoLead,
        Mutant::Inclusive,
        Mutant::Halves,
    ] {
        let results = run(1, mutant, Duration::ZERO).await;
        let is_noticed = |is_family: &dyn Fn(Cursor) -> bool| {
            let mut of_family = results.iter().filter(|result| is_family(result.cursor));
            of_family.any(|result| result.lost > 0 || result.repeated > 0 && !result.may_repeat)
        };
        assert!(
            is_noticed(&Cursor::is_of_a_field),
            "{mutant:?}: {results:?}"
        );
        if mutant != Mutant::Inclusive {
            let is_by_clock = |cursor| cursor == Cursor::PollBefore;
            assert!(is_noticed(&is_by_clock), "{mutant:?}: {results:?}");
        }
    }
}

#[test]
fn every_family_of_cursor_is_in_the_table() {
    let names: BTreeSet<_> = CLIENTS.iter().map(|client| client.name).collect();
    assert_eq!(names.len(), CLIENTS.len());
    for is_family in [
        |cursor: Cursor| cursor.is_of_a_field(),
        |cursor| cursor == Cursor::PollBefore,
        |cursor| matches!(cursor, Cursor::PollAfter(_)),
        |cursor| matches!(cursor, Cursor::Last(_) | Cursor::Nothing),
        |cursor| matches!(cursor, Cursor::Windows | Cursor::WindowsAndAStep),
    ] {
        assert!(CLIENTS.iter().any(|client| is_family(client.cursor)));
    }
}
