use std::time::Duration;

use drawbridge_entra::testing::shown;
use drawbridge_graph::ErrorKind;
use drawbridge_http::script::{Answer, Script};
use drawbridge_time::Deadline;
use tokio::time::Instant;

use crate::support::{Client, query};

fn throttled(retry_after: &str) -> Answer {
    Answer::error(429, "TooManyRequests").header("retry-after", retry_after)
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_to_the_second() {
    let script = Script::pages([throttled("17"), Answer::page(&["a"])]);
    let graph = script.graph();
    let page = graph
        .list(&query(), Deadline::after(Duration::from_secs(60)))
        .await
        .unwrap();
    assert_eq!(page.alerts().len(), 1);
    assert_eq!(script.pauses(), [17.0]);
    let stats = graph.stats();
    assert_eq!((stats.requests, stats.throttled, stats.retries), (2, 1, 1));
    assert_eq!(script.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_date_is_counted_from_the_answers_own_date() {
    let script = Script::pages([
        throttled("Mon, 23 Nov 2026 20:00:42 GMT").header("date", "Mon, 23 Nov 2026 20:00:00 GMT"),
        Answer::page(&["a"]),
    ]);
    script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    assert_eq!(script.pauses(), [42.0]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_is_handed_back_at_once() {
    let script = Script::pages([throttled("61")]);
    let begun = Instant::now();
    let deadline = Deadline::after(Duration::from_secs(60));
    let error = script.graph().list(&query(), deadline).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(error.is_retryable());
    assert!(shown(&error).contains("ask again in 61 s"));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_is_handed_back_even_without_a_deadline() {
    for seconds in ["301", "18446744073709551615"] {
        let script = Script::pages([throttled(seconds)]);
        let error = script
            .graph()
            .list(&query(), Deadline::none())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        shown(&error);
    }
}

#[tokio::test(start_paused = true)]
async fn without_retry_after_the_waits_grow() {
    let answers = (0..4)
        .map(|_| Answer::status(429))
        .chain([Answer::page(&["a"])]);
    let script = Script::pages(answers);
    script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    let pauses = script.pauses();
    for (pause, full) in pauses.iter().zip([0.5, 1.0, 2.0, 4.0]) {
        assert!((full / 2.0..=full + 0.002).contains(pause), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tries_are_bounded() {
    let script = Script::pages((0..5).map(|_| throttled("2")));
    let graph = script.graph();
    let error = graph.list(&query(), Deadline::none()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
    assert_eq!(error.exchange().unwrap().tries, 5);
    assert_eq!(error.exchange().unwrap().elapsed, Duration::from_secs(8));
    assert_eq!(graph.stats().throttled, 5);
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_may_ask_to_wait_too() {
    let script = Script::pages([
        Answer::error(503, "serviceNotAvailable").header("retry-after", "9"),
        Answer::page(&["a"]),
    ]);
    script
        .graph()
        .list(&query(), Deadline::none())
        .await
        .unwrap();
    assert_eq!(script.pauses(), [9.0]);
}

/// Whatever Graph or the login host ask for, nobody is to wait for hours.
#[tokio::test(start_paused = true)]
async fn no_wait_is_longer_than_minutes() {
    for status in [429, 503] {
        for seconds in ["301", "86400", "99999999999999999999999"] {
            let busy = || Answer::error(status, "busy").header("retry-after", seconds);
            for script in [Script::pages([busy()]), Script::tokens([busy()])] {
                let begun = Instant::now();
                let error = script.graph().list(&query(), Deadline::none()).await;
                let error = error.unwrap_err();
                let minutes = Some(Duration::from_secs(300));
                assert_eq!(error.retry_after(), minutes, "{status} {seconds}");
                assert!(error.is_retryable());
                assert_eq!(begun.elapsed(), Duration::ZERO);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_nothing_is_no_hot_loop() {
    for text in ["0", "-1", "0.0", "soon", "Mon, 23 Nov 2026 19:00:00 GMT"] {
        let busy = throttled(text).header("date", "Mon, 23 Nov 2026 20:00:00 GMT");
        let script = Script::pages([busy, Answer::page(&["a"])]);
        let graph = script.graph();
        graph.list(&query(), Deadline::none()).await.unwrap();
        assert!((0.25..=0.502).contains(&script.pauses()[0]), "{text}");

        let last = Script::pages((0..5).map(|_| throttled(text)));
        let error = last.graph().list(&query(), Deadline::none()).await;
        assert_eq!(error.unwrap_err().retry_after(), None, "{text}");
    }
}
