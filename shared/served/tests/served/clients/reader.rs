//! One client at work.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::table::{Client, Cursor};
use crate::world::World;

/// Polls until `end` and gives how often each record came.
pub(crate) async fn read(
    world: &World,
    token: &str,
    client: Client,
    offset: Duration,
    end: Instant,
) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    let begun = world.now();
    let (mut since, mut text) = (begun, None::<String>);
    tokio::time::sleep(offset).await;
    while Instant::now() < end {
        let now = world.now();
        let query = query(client, since, text.as_deref(), now);
        let target = format!("{}?{query}", client.path);
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let records = world.ask("GET", &target, &headers).await.records();
        for record in &records {
            *counts
                .entry(record["FullId"].as_u64().unwrap())
                .or_default() += 1;
        }
        let last = records
            .iter()
            .map(|record| record["LastProcessedTimeUtc"].as_str().unwrap())
            .max();
        match client.cursor {
            Cursor::Text => text = last.map(str::to_owned).or(text),
            Cursor::Field => {
                if let Some(last) = last {
                    since = last.parse().unwrap();
                }
            }
            Cursor::PollBefore | Cursor::Windows => since = now,
            // The window is of 24 hours where nothing came.
            Cursor::WindowsAndAStep if last.is_some() => {
                since = now + SignedDuration::from_millis(1);
            }
            Cursor::WindowsAndAStep | Cursor::Last(_) | Cursor::Nothing => {}
        }
        tokio::time::sleep(Duration::from_secs(client.every_secs)).await;
    }
    counts
}

fn query(client: Client, since: Timestamp, text: Option<&str>, now: Timestamp) -> String {
    let write = |time| client.form.write(time);
    let query = match client.cursor {
        Cursor::Nothing => String::new(),
        Cursor::Text => text.map_or_else(String::new, |text| format!("sinceTimeUtc={text}")),
        Cursor::Field | Cursor::PollBefore => format!("sinceTimeUtc={}", write(since)),
        Cursor::Windows | Cursor::WindowsAndAStep => {
            format!("sinceTimeUtc={}&untilTimeUtc={}", write(since), write(now))
        }
        Cursor::Last(secs) => {
            let since = now - SignedDuration::from_secs(secs);
            format!("sinceTimeUtc={}", write(since))
        }
    };
    match client.more {
        "" => query,
        more => format!("{more}&{query}"),
    }
}
