//! A store whose listings take their time, and a client that notes the time once it has its answer.

use std::time::Duration;

use drawbridge_served::RouterSettings;
use tokio::time::Instant;

use crate::world::{FarAway, World};

/// How many records are written, one each second, and each in a segment of its own.
const RECORDS: u64 = 60;

/// How long that takes, and until all of them are shown and were asked for.
const READ_FOR: Duration = Duration::from_secs(RECORDS + 60);

/// What came of a client.
struct Outcome {
    lost: Vec<u64>,
    longest_answer: Duration,
}

/// Listings take as long as these, in turn.
async fn read(listings_millis: &'static [u64]) -> Outcome {
    let mut turns = listings_millis.iter().cycle();
    let takes = move || Duration::from_millis(*turns.next().unwrap());
    let far_away = |store| FarAway::listing(takes).from(store);
    let world = World::over(far_away, RouterSettings::default());
    world.clock.run();
    let write = async {
        for id in 0..RECORDS {
            world.write([id]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let ask = async {
        let start = Instant::now();
        let (mut read, mut longest_answer) = (Vec::new(), Duration::ZERO);
        let mut since = world.now();
        while start.elapsed() < READ_FOR {
            let since_text = since.strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
            let asked_at = Instant::now();
            let answer = world
                .get(&format!("/api/alerts?sinceTimeUtc={since_text}"))
                .await;
            read.extend(answer.ids());
            longest_answer = longest_answer.max(asked_at.elapsed());
            tokio::time::sleep(Duration::from_millis(1400)).await;
            since = world.now();
            tokio::time::sleep(Duration::from_millis(777)).await;
        }
        (read, longest_answer)
    };
    let ((), (read, longest_answer)) = tokio::join!(write, ask);
    Outcome {
        lost: (0..RECORDS).filter(|id| !read.contains(id)).collect(),
        longest_answer,
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_where_listings_take_up_to_two_seconds() {
    for listings in [
        &[40][..],
        &[450],
        &[800],
        &[1300],
        &[1950],
        &[10, 1700, 900],
    ] {
        let outcome = read(listings).await;
        assert_eq!(outcome.lost, [0; 0], "{listings:?}");
        // One listing more at most, where a segment was read meanwhile.
        let longest = Duration::from_millis(2 * listings.iter().max().unwrap() + 100);
        assert!(
            outcome.longest_answer < longest,
            "{listings:?}: {:?}",
            outcome.longest_answer
        );
    }
}

/// As of a call that is tried again.
#[tokio::test(start_paused = true)]
async fn nothing_is_lost_where_some_listings_take_long() {
    for listings in [
        &[40, 40, 3000][..],
        &[7000, 40, 40],
        &[2600, 40, 900, 4000, 40],
    ] {
        let outcome = read(listings).await;
        assert_eq!(outcome.lost, [0; 0], "{listings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_ends_where_each_listing_takes_longer_than_a_segment_comes() {
    let outcome = read(&[3000]).await;
    assert!(
        outcome.longest_answer < Duration::from_secs(20),
        "{:?}",
        outcome.longest_answer
    );
}
