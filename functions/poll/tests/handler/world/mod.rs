//! A small world for the handler: a scripted Graph, a store and a queue in memory, a set clock.

mod client;
mod graph;
mod ports;

use std::sync::Arc;

use drawbridge_cursor::{Due, State, Window};
use drawbridge_poll::{
    Grouping, Output, PollError, Poller, Report, Settings, Silent, Stop, Unlisted, change_state,
    state_key,
};
use drawbridge_store::Store as _;
use serde_json::Value;

pub(crate) use drawbridge_queue::testing::{FaultyQueue, Send};
use drawbridge_store::testing::Hooked;
pub(crate) use drawbridge_store::testing::{FaultyStore, Put};
pub(crate) use drawbridge_time::testing::ManualClock;
pub(crate) use graph::{Answer, Count, FakeGraph, HANGS};
use ports::{Mortal, MortalQueue};

/// Everything around a poller, in reach of a test.
pub(crate) struct World {
    pub(crate) graph: Arc<FakeGraph>,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) queue: Arc<FaultyQueue>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mortal: Arc<Mortal>,
    pub(crate) poller: Poller,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mortal = Arc::<Mortal>::default();
        let graph = Arc::new(FakeGraph::of(&mortal));
        let store = Arc::new(FaultyStore::default());
        let queue = Arc::new(FaultyQueue::default());
        let clock = Arc::new(ManualClock::at("2026-03-01T12:00:30Z"));
        let mut settings = Settings {
            polled_alerts: Some("contoso's".to_owned()),
            ..Settings::new("contoso")
        };
        change(&mut settings);
        let poller = Poller {
            graph: Arc::new(graph.client()),
            store: Arc::new(Hooked {
                store: Arc::clone(&store),
                hook: Arc::clone(&mortal),
            }),
            outputs: vec![Output::new(
                drawbridge_record::format("siem").unwrap(),
                Arc::new(MortalQueue {
                    queue: Arc::clone(&queue),
                    mortal: Arc::clone(&mortal),
                }),
                Grouping::Tenant,
            )],
            clock: clock.clone(),
            settings,
            unlisted: Unlisted::default(),
        };
        Self {
            graph,
            store,
            queue,
            clock,
            mortal,
            poller,
        }
    }

    /// Another process goes on with what the store keeps.
    pub(crate) fn restart(&mut self) {
        self.poller.graph = Arc::new(self.graph.client());
    }

    /// Sets an alert with one file.
    pub(crate) fn set(&self, id: &str, time: &str) {
        self.graph.set(id, time, alert(id, time, &["a.exe"]));
    }

    /// Whether a record of that alert was written.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.written().iter().any(|record| record.0 == id)
    }

    /// A live poll without a deadline.
    pub(crate) async fn poll(&self) -> Result<Report, PollError> {
        let stop = Stop::at(drawbridge_time::Deadline::none());
        self.poller.run(&stop, &Silent).await
    }

    /// An operator wants a window read.
    pub(crate) async fn want(&self, window: Window) {
        let add = |state: &mut State| state.unread.add(window, Due::default());
        let store = self.store.as_ref();
        change_state(store, "contoso", add).await.unwrap();
    }

    /// What is still to be read, by the saved state.
    pub(crate) async fn left(&self) -> Vec<Window> {
        let state = self.state().await;
        let all = state.unread.iter().chain(state.again.iter());
        all.map(|range| range.window).collect()
    }

    /// The saved state.
    pub(crate) async fn state(&self) -> State {
        let object = self.store.get(&state_key("contoso")).await.unwrap();
        object
            .map(|object| State::decode(&object.body).unwrap())
            .unwrap_or_default()
    }

    /// The records on the queue as (alert id, part, file or device name).
    pub(crate) fn written(&self) -> Vec<(String, u64, String)> {
        self.queue
            .bodies()
            .iter()
            .map(|body| {
                let record: Value = serde_json::from_str(body).unwrap();
                let text = |key: &str| record[key].as_str().unwrap().to_owned();
                let name = if record["FileName"] == "" {
                    text("ComputerDnsName")
                } else {
                    text("FileName")
                };
                (text("AlertId"), record["AlertPart"].as_u64().unwrap(), name)
            })
            .collect()
    }
}

/// An alert with a device and some files on it.
pub(crate) fn alert(id: &str, updated: &str, files: &[&str]) -> String {
    let mut evidence = vec![serde_json::json!({
        "@odata.type": "#microsoft.graph.security.deviceEvidence",
        "mdeDeviceId": "d1", "deviceDnsName": "host.example.com",
    })];
    evidence.extend(files.iter().map(|name| {
        serde_json::json!({
            "@odata.type": "#microsoft.graph.security.fileEvidence",
            "mdeDeviceId": "d1",
            "fileDetails": {"fileName": name, "filePath": "C:\\x"},
        })
    }));
    serde_json::json!({
        "id": id, "severity": "high", "title": "T", "lastUpdateDateTime": updated,
        "createdDateTime": "2026-02-20T00:00:00Z", "evidence": evidence,
    })
    .to_string()
}
