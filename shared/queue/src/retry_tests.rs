use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::Message;

/// Answers as scripted, and notes which messages each call had.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Vec<Failed>, QueueError>>>,
    calls: Mutex<Vec<Vec<usize>>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<Vec<Failed>, QueueError>>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            calls: Mutex::default(),
        }
    }

    fn calls(&self) -> Vec<Vec<usize>> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl BatchCall for Script {
    async fn call(&self, entries: &[&Entry<'_>]) -> Result<Vec<Failed>, QueueError> {
        self.calls
            .lock()
            .unwrap()
            .push(entries.iter().map(|entry| entry.index).collect());
        self.answers
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Ok(Vec::new()))
    }
}

const PATIENCE: Patience = Patience {
    tries: 3,
    pauses: Backoff {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(5),
    },
};

fn failed(position: usize, code: &str, sender_fault: bool) -> Failed {
    Failed {
        position,
        code: code.to_owned(),
        sender_fault,
    }
}

fn refused(index: usize, code: &str, retryable: bool) -> Refused {
    Refused {
        index,
        code: code.to_owned(),
        retryable,
    }
}

async fn run(script: &Script, indexes: &[usize]) -> Result<Vec<Refused>, QueueError> {
    let message = Message {
        key: "k".to_owned(),
        group: "g".to_owned(),
        time: None,
        body: "{}".to_owned(),
        attributes: Vec::new(),
    };
    let entries: Vec<_> = indexes
        .iter()
        .map(|&index| Entry::new(index, &message, true).ok().unwrap())
        .collect();
    send(script, entries.iter().collect(), PATIENCE).await
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_taken_is_sent_once() {
    let script = Script::default();
    assert_eq!(run(&script, &[4, 5]).await.unwrap(), []);
    assert_eq!(script.calls(), [[4, 5]]);
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_in_passing_is_sent_again() {
    let script = Script::new([
        Ok(vec![
            failed(2, "InternalError", false),
            failed(0, "InvalidMessageContents", true),
            failed(3, "ThrottlingException", true),
        ]),
        Ok(vec![failed(1, "InternalError", false)]),
    ]);
    let result = run(&script, &[10, 11, 12, 13]).await.unwrap();
    assert_eq!(result, [refused(10, "InvalidMessageContents", false)]);
    assert_eq!(
        script.calls(),
        [vec![10, 11, 12, 13], vec![12, 13], vec![13]]
    );
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_keeps_failing_is_given_up_as_retryable() {
    let script = Script::new(
        std::iter::repeat_n(Ok(vec![failed(1, "InternalError", false)]), 1).chain(
            std::iter::repeat_n(Ok(vec![failed(0, "InternalError", false)]), 9),
        ),
    );
    let before = tokio::time::Instant::now();
    assert_eq!(
        run(&script, &[0, 1]).await.unwrap(),
        [refused(1, "InternalError", true)]
    );
    assert_eq!(script.calls(), [vec![0, 1], vec![1], vec![1]]);
    assert!(before.elapsed() <= Duration::from_millis(100 + 200 + 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_as_a_whole_ends_it() {
    let gone = QueueError::Unavailable {
        place: "q".to_owned(),
        code: "time-out".to_owned(),
    };
    let script = Script::new([
        Ok(vec![failed(0, "InternalError", false)]),
        Err(gone.clone()),
    ]);
    assert_eq!(run(&script, &[0]).await.unwrap_err(), gone);
    assert_eq!(script.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_entries_that_were_not_sent_does_no_harm() {
    let script = Script::new([Ok(vec![
        failed(7, "InternalError", false),
        failed(0, "InternalError", false),
        failed(0, "InternalError", false),
    ])]);
    assert_eq!(run(&script, &[0]).await.unwrap(), []);
    assert_eq!(script.calls(), [[0], [0]]);
}
