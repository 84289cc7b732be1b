//! A state says which alerts it is the state of, and since when.

use drawbridge_cursor::{Polled, State};
use drawbridge_time::Clock as _;
use jiff::Timestamp;

use crate::world::{Put, World};

/// Which alerts it says, of these, and since when.
fn said(state: &State) -> Option<(&'static str, Option<Timestamp>)> {
    let polled = state.polled.as_ref()?;
    let alerts = ["contoso's", "others"]
        .into_iter()
        .find(|alerts| polled.is_of(alerts));
    Some((alerts.unwrap(), polled.since))
}

fn polls(world: &mut World, alerts: &str) {
    world.poller.settings.polled_alerts = Some(alerts.to_owned());
}

#[tokio::test(start_paused = true)]
async fn the_first_poll_says_it_and_each_of_other_alerts() {
    let mut world = World::new();
    polls(&mut world, "contoso's");
    world.graph.is_down(true);
    world.poll().await.unwrap_err();
    world.graph.is_down(false);
    assert_eq!(said(&world.state().await), Some(("contoso's", None)));
    world.clock.advance_secs(60);
    let first = world.clock.now();
    world.poll().await.unwrap();
    assert_eq!(said(&world.state().await), Some(("contoso's", Some(first))));
    // No idle poll saves the state for that.
    world.clock.advance_secs(60);
    assert!(!world.poll().await.unwrap().saved);

    // One that fails is none.
    polls(&mut world, "others");
    world.clock.advance_secs(60);
    world.graph.is_down(true);
    world.poll().await.unwrap_err();
    world.graph.is_down(false);
    assert_eq!(said(&world.state().await), Some(("contoso's", Some(first))));
    world.clock.advance_secs(60);
    let second = world.clock.now();
    assert!(world.poll().await.unwrap().saved);
    assert_eq!(said(&world.state().await), Some(("others", Some(second))));
    world.clock.advance_secs(60);
    assert!(!world.poll().await.unwrap().saved);
}

/// A state that an older release wrote.
#[tokio::test(start_paused = true)]
async fn a_state_that_does_not_say_it_does_after_the_next_poll() {
    let mut world = World::new();
    world.poller.settings.polled_alerts = None;
    world.poll().await.unwrap();
    assert_eq!(said(&world.state().await), None);
    polls(&mut world, "contoso's");
    world.clock.advance_secs(60);
    let now = world.clock.now();
    assert!(world.poll().await.unwrap().saved);
    assert_eq!(said(&world.state().await), Some(("contoso's", Some(now))));
}

/// The tenant was removed while a poll of it was under way.
#[tokio::test(start_paused = true)]
async fn what_was_taken_back_meanwhile_stays_so() {
    let mut world = World::new();
    polls(&mut world, "contoso's");
    world.poll().await.unwrap();
    let taken_back = State {
        polled: None,
        ..world.state().await
    };
    world.set("da1", "2026-03-01T12:00:30Z");
    world.clock.advance_secs(60);
    let overtaken = Put::Overtaken(taken_back.encode().unwrap().into());
    world.store.then_put_if([overtaken]);
    assert!(world.poll().await.unwrap().saved);
    assert!(world.has("da1"));
    assert_eq!(said(&world.state().await), None);
    assert_ne!(world.state().await.watermark, taken_back.watermark);

    // It is polled again under the same name.
    world.clock.advance_secs(60);
    let now = world.clock.now();
    assert!(world.poll().await.unwrap().saved);
    let polled = Polled::of("contoso's", Some(now));
    assert_eq!(world.state().await.polled, Some(polled));
}
