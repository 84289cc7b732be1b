//! What is logged of a request. By itself, since what another test logs decides what is looked at.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "served/front.rs"]
mod front;
#[path = "served/world/mod.rs"]
#[allow(dead_code, unused_imports, reason = "it is another test's, too")]
mod world;

use std::io;
use std::sync::{Arc, Mutex};

use world::{CLIENT, World};

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_who_asked_and_how_much_and_neither_a_token_nor_a_query() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new();
    world.show([1]).await;
    let token = world.token();
    world
        .get("/api/alerts?client_secret=hunter2&sinceTimeUtc=2026-03-02")
        .await;
    world.get("/api/alerts?sinceTimeUtc=hunter2").await;
    world.get_with(&format!("{token}x")).await;
    world.entra.set_down(true);
    world.advance(25 * 60 * 60);
    world.get("/api/alerts").await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("hunter2") && !log.contains("FullId"), "{log}");
    let signature = token.rsplit('.').next().unwrap();
    assert!(
        !log.contains(signature) && !log.contains(&token[..40]),
        "{log}"
    );
    let served = log.lines().find(|line| line.contains("served")).unwrap();
    for word in [
        CLIENT,
        "contoso",
        "status=200",
        "records=1",
        "20260302T000000Z",
        "bytes=",
    ] {
        assert!(served.contains(word), "no {word} in {served}");
    }
    for status in ["status=400", "status=401", "status=503"] {
        assert!(log.contains(status), "no {status} in {log}");
    }
}
