use jiff::{SignedDuration, Timestamp};

use super::life::ADDRESSES;
use super::world::{World, by_key};
use crate::alerts::{alert, bodies};

/// An alert that comes while Graph is down is read after the job's redrive.
pub(crate) async fn an_outage_and_a_redrive_lose_nothing(world: &World) {
    world.fail_once_only().await;
    world.simulator.set_down(true);
    let mut missed = alert(
        0,
        Timestamp::now() - SignedDuration::from_secs(40),
        &ADDRESSES,
    );
    missed["id"] = "da-missed".into();
    world.simulator.set_alert(&missed.to_string());
    let before = world.read_up_to().await;
    world.send_job(&World::job(), "outage").await;
    world
        .wait(120, "no dead letter came", async || {
            world.depth("JobsDeadLetterQueueUrl").await == 1
        })
        .await;
    assert_eq!(world.consumer.drain(0).unwrap(), []);
    assert_eq!(world.read_up_to().await, before);

    world.simulator.set_down(false);
    let asked = world.simulator.stats().list_requests;
    assert_eq!(world.redrive().await, 1);
    world.poll_is_done(asked).await;
    assert_eq!(by_key(world.consumer.drain(2).unwrap()), bodies(&[missed]));
    assert!(world.read_up_to().await > before);
    assert_eq!(world.depth("JobsDeadLetterQueueUrl").await, 0);
}
