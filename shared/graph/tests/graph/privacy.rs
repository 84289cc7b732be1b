//! No secret, token or alert in an event or a `Debug` output, at the most talkative level.

use std::io;
use std::sync::{Arc, Mutex};

use drawbridge_entra::testing::SignIn as _;
use drawbridge_http::TransportError;
use drawbridge_http::script::{Answer, MARKER, Script, page};
use drawbridge_time::Deadline;
use tracing::subscriber::DefaultGuard;

use crate::support::{Client, query};

#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<u8>>>);

impl Events {
    /// Records every event of this thread while the guard lives.
    pub(crate) fn record() -> (Self, DefaultGuard) {
        let events = Self::default();
        let writer = events.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (events, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Events {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn events_tell_what_happened_and_nothing_secret() {
    let (events, _guard) = Events::record();
    let next = format!("https://graph.example/v1.0/security/alerts_v2?$skiptoken={MARKER}");
    let script = Script::pages([
        Answer::error(401, "InvalidAuthenticationToken").body(MARKER),
        Answer::json(
            500,
            format!(r#"{{"error":{{"code":"{MARKER} x","message":"{MARKER}"}}}}"#),
        ),
        Answer::json(200, &page(&["a"], None)[..50]),
        Answer::broken(TransportError::CutOff("reset".to_owned())),
        Answer::json(206, page(&["a"], Some(&next))).header("warning", "199 - \"A/B/504/9\""),
        Answer::json(200, page(&["b"], None)),
    ]);
    let graph = script.graph();
    let first = graph.list(&query(), Deadline::none()).await.unwrap();
    let second = graph
        .follow(first.next().unwrap(), Deadline::none())
        .await
        .unwrap();

    let text = events.text();
    assert!(!text.contains(MARKER), "{text}");
    assert!(
        !text.contains("filter") && !text.contains("skiptoken"),
        "{text}"
    );
    for expected in [
        "token was refused",
        "HTTP 500",
        "malformed",
        "cut off",
        "A/B/504/9",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let debug = format!("{graph:?} {first:?} {second:?}");
    assert!(!debug.contains(MARKER), "{debug}");
}

#[tokio::test(start_paused = true)]
async fn refused_secrets_and_wrong_replies_stay_out_of_events() {
    let (events, _guard) = Events::record();
    let script = Script::tokens([
        Answer::status(503).body(MARKER),
        Answer::aadsts(401, MARKER, 7_000_215),
    ]);
    let cache = Arc::new(script.cache());
    cache.token(Deadline::none()).await.unwrap_err();
    let text = format!("{} {cache:?}", events.text());
    assert!(
        text.contains("HTTP 503") && !text.contains(MARKER),
        "{text}"
    );
}
