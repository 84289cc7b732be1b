//! Evidence that Graph adds later, in every order: what a SIEM joins on stands in some record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::world::{Put, Send, World, alert};

/// What Graph adds to an alert, piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    DeviceId,
    DeviceName,
    User,
    Process,
    Address,
}

const PIECES: [Piece; 5] = [
    Piece::DeviceId,
    Piece::DeviceName,
    Piece::User,
    Piece::Process,
    Piece::Address,
];

/// An alert that is completed in some order, in some number of updates.
#[derive(Debug)]
struct Course {
    id: String,
    /// What each version has in addition.
    steps: Vec<Vec<Piece>>,
    /// Whether the process says by itself on which device it ran.
    names_device: bool,
    /// Whether what is new stands before what was there.
    new_first: bool,
}

/// All orders of the pieces, each cut into updates in all ways.
fn courses() -> Vec<Course> {
    let mut courses = Vec::new();
    for order in orders(&PIECES) {
        for cuts in 0..1_u32 << (PIECES.len() - 1) {
            let mut steps = vec![vec![order[0]]];
            for (n, piece) in order[1..].iter().enumerate() {
                if cuts & 1 << n != 0 {
                    steps.push(Vec::new());
                }
                steps.last_mut().unwrap().push(*piece);
            }
            let n = courses.len();
            courses.push(Course {
                id: format!("da{n}"),
                steps,
                names_device: n.is_multiple_of(3),
                new_first: n.is_multiple_of(2),
            });
        }
    }
    courses
}

fn orders(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    if pieces.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (n, piece) in pieces.iter().enumerate() {
        let rest = [&pieces[..n], &pieces[n + 1..]].concat();
        for mut order in orders(&rest) {
            order.insert(0, *piece);
            all.push(order);
        }
    }
    all
}

impl Course {
    /// The alert after `steps` updates.
    fn version(&self, steps: usize, updated: &str) -> String {
        let shown: Vec<Piece> = self.steps.iter().take(steps).flatten().copied().collect();
        let has = |piece| shown.contains(&piece);
        let of_piece = |piece: &Piece| match piece {
            // Whichever came first brings the device, the other completes it.
            Piece::DeviceId | Piece::DeviceName => {
                let first = shown
                    .iter()
                    .find(|p| matches!(p, Piece::DeviceId | Piece::DeviceName));
                (first == Some(piece)).then(|| {
                    json!({
                        "@odata.type": "#microsoft.graph.security.deviceEvidence",
                        "mdeDeviceId": has(Piece::DeviceId).then_some("d1"),
                        "deviceDnsName": has(Piece::DeviceName).then_some("ws-4.corp.example"),
                    })
                })
            }
            Piece::User => Some(json!({
                "@odata.type": "#microsoft.graph.security.userEvidence",
                "userAccount": {"accountName": "ana", "domainName": "CORP"},
            })),
            Piece::Process => Some(json!({
                "@odata.type": "#microsoft.graph.security.processEvidence",
                "processId": 7, "processCreationDateTime": "2026-03-01T11:00:00Z",
                "processCommandLine": "run", "mdeDeviceId": self.names_device.then_some("d1"),
                "userAccount": {"accountName": "svc", "domainName": "CORP"},
            })),
            Piece::Address => Some(json!({
                "@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "192.0.2.7",
            })),
        };
        let mut evidence: Vec<Value> = shown.iter().filter_map(of_piece).collect();
        if self.new_first {
            evidence.reverse();
        }
        let mut alert: Value = serde_json::from_str(&alert(&self.id, updated, &[])).unwrap();
        alert["evidence"] = evidence.into();
        alert.to_string()
    }
}

/// What goes wrong with each poll but the last.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    QueueFails,
    QueueRefuses,
    SaveFails,
    SaveLosesItsAnswer,
}

impl Trouble {
    fn strike(self, world: &World) {
        match self {
            Self::None => {}
            Self::QueueFails => world.queue.then(Send::Fail),
            Self::QueueRefuses => {
                let some = (0..4000).filter(|n| n % 3 != 1).collect();
                world.queue.then(Send::Refuse(some));
            }
            Self::SaveFails => world.store.then_put_if([Put::Fails]),
            Self::SaveLosesItsAnswer => world.store.then_put_if([Put::LosesItsAnswer]),
        }
    }
}

/// Polls all courses through all their versions; the records by alert.
async fn polled(trouble: Trouble, recovers: bool) -> (Vec<Course>, BTreeMap<String, Vec<Value>>) {
    let courses = courses();
    let mut world = World::with(|settings| settings.page_size = 100);
    for step in 1..=PIECES.len() {
        let updated = format!("2026-03-01T12:0{step}:00Z");
        for course in courses.iter().filter(|course| step <= course.steps.len()) {
            let version = course.version(step, &updated);
            world.graph.set(&course.id, &updated, version);
        }
        world.clock.advance_secs(120);
        trouble.strike(&world);
        // Whether it fails depends on the trouble.
        let _ = world.poll().await;
        world.queue.heal();
        world.store.heal();
        world.restart();
        if recovers {
            world.clock.advance_secs(10);
            world.poll().await.unwrap();
        }
    }
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for message in world.queue.messages() {
        let record: Value = serde_json::from_str(&message.body).unwrap();
        let alert = record["AlertId"].as_str().unwrap().to_owned();
        records.entry(alert).or_default().push(record);
    }
    (courses, records)
}

fn assert_all_is_shown(course: &Course, records: &[Value], trouble: Trouble) {
    for (key, value) in [
        ("DeviceID", "d1"),
        ("ComputerDnsName", "ws-4.corp.example"),
        ("UserName", "ana"),
        ("UserName", "svc"),
        ("CommandLine", "run"),
        ("IpAddress", "192.0.2.7"),
    ] {
        assert!(
            records.iter().any(|record| record[key] == value),
            "{key} is nowhere {value}: {course:?}, {trouble:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_order_each_fact_stands_in_some_record() {
    let (courses, records) = polled(Trouble::None, false).await;
    assert_eq!(courses.len(), 120 * 16);
    for course in &courses {
        let records = &records[&course.id];
        assert_all_is_shown(course, records, Trouble::None);
        let keys: BTreeSet<_> = records.iter().map(|r| r["FullId"].as_str()).collect();
        assert_eq!(keys.len(), records.len(), "twice: {course:?}");
        let parts = records.iter().map(|record| record["AlertPart"].as_u64());
        assert!(parts.eq((0..).map(Some).take(records.len())), "{course:?}");
        // Complete at once: one record for the process, and one for the address, which shows the user.
        if course.steps.len() == 1 {
            assert_eq!(records.len(), 2, "{course:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_holds_whichever_polls_fail() {
    for trouble in [
        Trouble::QueueFails,
        Trouble::QueueRefuses,
        Trouble::SaveFails,
        Trouble::SaveLosesItsAnswer,
    ] {
        for recovers in [false, true] {
            let (courses, records) = polled(trouble, recovers).await;
            for course in &courses {
                assert_all_is_shown(course, &records[&course.id], trouble);
            }
        }
    }
}
