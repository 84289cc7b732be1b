//! What operators and polls do to a backfill while it is under way, and how it ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn asking_twice_is_asking_once() {
    let world = world(3);
    ask(&world, days(3)).await;
    ask(&world, days(3)).await;
    let (_, report) = steps(&world).await;
    assert_eq!((report.records, world.queue.bodies().len()), (3, 3));
    ask(&world, days(3)).await;
    let (_, report) = steps(&world).await;
    assert_eq!((report.records, world.queue.bodies().len()), (0, 3));
}

/// Asks for a backfill while a poll is under way: the poll is not done again on that account.
#[tokio::test(start_paused = true)]
async fn what_is_asked_for_while_a_poll_is_under_way_is_taken_over() {
    let world = world(2);
    world.poll().await.unwrap();
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let mut other = world.state().await;
    let backfill = other.backfills.entry("b1".into()).or_default();
    for day in days(2) {
        backfill.ranges.add(day, Due::default());
    }
    let overtaken = Put::Overtaken(other.encode().unwrap().into());
    world.store.then_put_if([overtaken]);
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.saved, report.more), (1, true, true));
    assert_eq!(left(&world).await.len(), 1);
    world.poll().await.unwrap();
    let ids: Vec<String> = world.written().into_iter().map(|record| record.0).collect();
    assert_eq!(ids, ["new", "day1", "day2"]);
}

/// Fails after its first page: it is read again with smaller pages, and in the end in halves.
#[tokio::test(start_paused = true)]
async fn again_sends_each_record_once_more_however_often_its_page_is_read() {
    for is_short_of_time in [false, true] {
        let world = world_with(0, |settings| {
            settings.page_size = 20;
            settings.windows.sweeps = false;
        });
        for n in 0..40 {
            world.set(&format!("da{n}"), &format!("2026-01-01T12:00:{n:02}Z"));
        }
        ask(&world, days(1)).await;
        steps(&world).await;
        let before = world.written().len();
        assert_eq!(before, 40);
        if is_short_of_time {
            world.graph.latency(12_000);
        } else {
            world.graph.poison("\"da30\"");
        }
        ask_with(&world, days(1), |backfill| backfill.again = true).await;
        for _ in 0..30 {
            let _ = try_step(&world).await;
            world.clock.advance_secs(60);
        }
        world.graph.latency(0);
        steps(&world).await;
        let mut again: Vec<_> = world.written().split_off(before);
        let sent = again.len();
        again.sort();
        again.dedup();
        assert_eq!(
            (sent, again.len()),
            (sent, if is_short_of_time { 40 } else { 39 })
        );
        assert_eq!(sent, again.len(), "{is_short_of_time}");
        // It is forgotten with the backfill, and asked for once more it sends once more.
        let state = world.state().await;
        assert_eq!(state.outputs.keys().collect::<Vec<_>>(), ["siem"]);
        world.graph.heal();
        ask_with(&world, days(1), |backfill| backfill.again = true).await;
        steps(&world).await;
        assert_eq!(world.written().len(), before + sent + 40);
    }
}

/// A service behind Graph does not answer, for as long as anybody asks.
#[tokio::test(start_paused = true)]
async fn a_backfill_whose_answers_stay_incomplete_comes_to_an_end() {
    let world = world(2);
    ask(&world, days(2)).await;
    for _ in 0..70 {
        world.graph.script([Answer::Partial, Answer::Partial]);
        let _ = try_step(&world).await;
        world.clock.advance_secs(300);
        if progress(&world).await.left.is_empty() {
            break;
        }
    }
    let so_far = progress(&world).await;
    assert!(so_far.left.is_empty() && world.state().await.backfills.is_empty());
    let failed: u64 = so_far.failed.iter().map(Window::millis).sum();
    assert_eq!(failed, 2 * 24 * 60 * 60 * 1000);
    assert!(
        world.has("day1") && world.has("day2"),
        "what there was is delivered"
    );
    let keys = world.store.keys();
    let gap = keys.iter().find(|key| key.contains("/gaps/")).unwrap();
    assert!(world.store.body(gap).contains("answer was incomplete"));
}

#[tokio::test(start_paused = true)]
async fn what_a_count_did_while_a_poll_was_under_way_does_not_come_back() {
    let world = world_with(2, |settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    ask_with(&world, days(2), |backfill| backfill.dry_run = true).await;
    // Another process counts to the end between the poll's reading and saving of the state.
    let mut counted = world.state().await;
    counted.backfills.clear();
    let minute = counted.spent.unwrap().minute + 1;
    counted.spent = Some(drawbridge_cursor::Spent {
        minute,
        requests: 40,
    });
    let meanwhile = counted.encode().unwrap().into();
    world.store.then_put_if([Put::Overtaken(meanwhile)]);
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert!(report.saved);
    assert!(left(&world).await.is_empty());
    let spent = world.state().await.spent.unwrap();
    assert_eq!((spent.minute, spent.requests), (minute, 42));
}

#[tokio::test(start_paused = true)]
async fn what_was_put_aside_is_told_though_the_poll_fails_after_that() {
    let world = world(2);
    ask(&world, days(2)).await;
    let (now, days) = (world.clock.now(), days(2));
    let failed_before = |state: &mut drawbridge_cursor::State| {
        let ranges = &mut state.backfills.get_mut("b1").unwrap().ranges;
        *ranges = drawbridge_cursor::Ranges::default();
        let due = Due {
            // It is read by itself.
            failures: 1,
            incomplete: drawbridge_cursor::MAX_INCOMPLETE - 1,
            ..Due::default()
        };
        ranges.add(days[0], due);
        ranges.add(days[1], Due::after(now, 0));
    };
    let store = world.store.as_ref();
    change_state(store, "contoso", failed_before).await.unwrap();
    // The day that was incomplete before is so once more, and then the queue is down.
    world.graph.script([Answer::Partial]);
    world.queue.then(crate::world::Send::Refuse(Vec::new()));
    world.queue.then(crate::world::Send::Fail);
    try_step(&world).await.unwrap_err();
    let so_far = progress(&world).await;
    assert_eq!((so_far.failed, so_far.left), (vec![days[0]], vec![days[1]]));
}

/// The store takes the state and refuses the progress.
#[tokio::test(start_paused = true)]
async fn progress_that_cannot_be_written_hides_no_error() {
    let world = world(1);
    world.poll().await.unwrap();
    ask(&world, days(1)).await;
    world.clock.advance_secs(60);
    world.graph.script([Answer::Status(403)]);
    world.store.then_put_if([Put::Fails]);
    let error = world.poll().await.unwrap_err();
    assert!(error.is_about_access(), "{error}");
}
