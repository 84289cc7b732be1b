//! Graph is answered by replicas that disagree for a while: an old version and a new one in turn, a
//! property that is null here and absent there, evidence in another order.

use std::sync::Arc;

use drawbridge_poll::{Grouping, Output};
use drawbridge_queue::Message;
use drawbridge_record::Rewrite;

use crate::world::{FaultyQueue, Put, Send, World};

const OLD: &str = "2026-03-01T11:59:00Z";
const NEW: &str = "2026-03-01T12:01:00Z";
const SET_BACK: &str = "2026-03-01T12:02:00Z";

/// An alert with that status, last changed at `updated`, as the replica of that number has it.
fn alert(replica: usize, status: &str, updated: &str) -> String {
    let file = |name: &str| {
        format!(
            r##"{{"@odata.type":"#microsoft.graph.security.fileEvidence","tags":[],
            "fileDetails":{{"fileName":"{name}"}}}}"##
        )
    };
    let (one, two) = (file("a.exe"), file("b.exe"));
    let rest = match replica {
        0 => format!(r#""assignedTo":null,"evidence":[{one},{two}]"#),
        1 => format!(r#""evidence":[{one},{two}]"#),
        2 => format!(r#""evidence":[{two},{one}],"assignedTo":null"#),
        _ => format!(r#""evidence":[{two},{one}]"#),
    };
    format!(
        r#"{{"id":"da1","severity":"high","title":"{status}","status":"{status}",{rest},
        "createdDateTime":"2026-03-01T11:58:00Z","lastUpdateDateTime":"{updated}"}}"#
    )
}

fn world_of(format: &str) -> (World, Arc<FaultyQueue>) {
    let mut world = World::new();
    let queue = Arc::new(FaultyQueue::default());
    let format = drawbridge_record::format(format).unwrap();
    world.poller.outputs = vec![Output {
        rewrite: Rewrite::Changes,
        ..Output::new(format, queue.clone(), Grouping::Tenant)
    }];
    (world, queue)
}

fn show(world: &World, replica: usize, status: &str, updated: &str) {
    let text = alert(replica, status, updated);
    world.graph.set("da1", updated, text);
    world.clock.advance_secs(60);
}

async fn poll(world: &World, replica: usize, status: &str, updated: &str) {
    show(world, replica, status, updated);
    world.poll().await.unwrap();
}

fn keys(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.key.as_str())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_version_is_written_once() {
    for (format, records) in [
        ("native", 1),
        ("ocsf", 1),
        ("ecs", 1),
        ("siem", 2),
        ("cef", 2),
    ] {
        let (world, queue) = world_of(format);
        poll(&world, 0, "new", OLD).await;
        poll(&world, 1, "resolved", NEW).await;
        for replica in 0..6 {
            poll(&world, replica % 4, "new", OLD).await;
            poll(&world, (replica + 1) % 4, "resolved", NEW).await;
        }
        let written = queue.messages().len();
        assert_eq!(written, 2 * records, "{format}");
    }
}

/// The poll dies, or fails, after it has sent the record and before it has saved.
#[tokio::test(start_paused = true)]
async fn a_version_that_comes_again_in_another_text_has_the_same_key() {
    for format in ["native", "ocsf", "ecs", "siem", "leef"] {
        let (world, queue) = world_of(format);
        poll(&world, 0, "new", OLD).await;
        let before = queue.messages().len();
        show(&world, 0, "resolved", NEW);
        world.store.then_put_if([Put::Fails]);
        world.poll().await.unwrap_err();
        let sent = queue.messages().split_off(before);
        poll(&world, 3, "resolved", NEW).await;
        let again = queue.messages().split_off(before + sent.len());
        let (mut sent, mut again) = (keys(&sent), keys(&again));
        sent.sort_unstable();
        again.sort_unstable();
        assert!(!sent.is_empty());
        assert_eq!(sent, again, "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_queue_refused_is_written_from_any_replica() {
    let (world, queue) = world_of("native");
    poll(&world, 0, "new", OLD).await;
    show(&world, 0, "resolved", NEW);
    queue.then(Send::Refuse(vec![0]));
    world.poll().await.unwrap_err();
    poll(&world, 1, "new", OLD).await;
    assert_eq!(queue.messages().len(), 1);
    poll(&world, 3, "resolved", NEW).await;
    poll(&world, 2, "resolved", NEW).await;
    assert_eq!(queue.messages().len(), 2);
}

/// Before, the version in quarantine was the newest one: what was set back was taken for what had been written last.
#[tokio::test(start_paused = true)]
async fn what_is_set_back_is_written_after_what_a_poll_that_failed_has_quarantined() {
    let (mut world, queue) = world_of("native");
    world.poller.settings.page_size = 1;
    poll(&world, 0, "new", OLD).await;
    show(&world, 0, "resolved", NEW);
    let other = alert(0, "new", NEW).replace("da1", "da2");
    world.graph.set("da2", NEW, other);
    queue.then(Send::RefuseForGood(vec![0]));
    queue.then(Send::Fail);
    world.poll().await.unwrap_err();
    poll(&world, 0, "new", SET_BACK).await;
    let last = last_of_first(&queue);
    assert!(last.contains(SET_BACK), "{last}");
}

/// The body of the last message about the first alert.
fn last_of_first(queue: &FaultyQueue) -> String {
    let written = queue.messages().into_iter();
    let mut of_first = written.filter(|message| message.key.starts_with("da1"));
    of_first.next_back().unwrap().body
}

/// Before, the reader kept the version whose answer was lost: what was set back was taken for what had been written last.
#[tokio::test(start_paused = true)]
async fn what_is_set_back_is_written_after_what_a_queue_took_without_an_answer() {
    let (mut world, queue) = world_of("native");
    world.poller.settings.page_size = 1;
    poll(&world, 0, "new", OLD).await;
    let earlier = "2026-03-01T12:00:30Z";
    let other = alert(0, "new", earlier).replace("da1", "da2");
    world.graph.set("da2", earlier, other);
    show(&world, 0, "resolved", NEW);
    // The first page is sent and noted.
    queue.then(Send::Refuse(vec![]));
    queue.then(Send::TakeAndFail);
    world.poll().await.unwrap_err();
    assert!(last_of_first(&queue).contains(NEW));
    poll(&world, 0, "new", SET_BACK).await;
    let last = last_of_first(&queue);
    assert!(last.contains(SET_BACK), "{last}");
}
