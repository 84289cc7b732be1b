//! What the emulated cloud cannot be made to do: answers that get lost or break off.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};

use super::*;

/// A server that gives one scripted answer a connection and notes each request's first line.
struct Script {
    port: u16,
    server: JoinHandle<Vec<String>>,
}

impl Script {
    fn new(answers: &[String]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = answers.to_vec();
        let server = std::thread::spawn(move || {
            answers
                .iter()
                .map(|answer| serve(&listener.accept().unwrap().0, answer))
                .collect()
        });
        Self { port, server }
    }

    async fn store(&self) -> S3Store {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .test_credentials()
            .endpoint_url(format!("http://127.0.0.1:{}", self.port))
            .retry_config(retries)
            .load()
            .await;
        S3Store::new(s3_client(&config), "bucket")
    }

    /// The methods of all requests, once every answer was given.
    fn methods(self) -> Vec<String> {
        self.server.join().unwrap()
    }
}

/// Reads a whole request, gives the answer, closes; returns the method.
fn serve(stream: &TcpStream, answer: &str) -> String {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let mut stream = stream;
    stream.write_all(answer.as_bytes()).unwrap();
    first.split(' ').next().unwrap().to_owned()
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

fn error(status: &str, code: &str) -> String {
    let body = format!("<Error><Code>{code}</Code><Message>sensitive</Message></Error>");
    answer(status, "content-type: application/xml\r\n", &body)
}

fn object(body: &str) -> String {
    answer("200 OK", "etag: \"new\"\r\n", body)
}

const JSON: &str = "application/json";

async fn put_if(script: &Script, body: &'static str) -> Result<ETag, StoreError> {
    let expected = ETag::new("\"old\"");
    let body = Bytes::from_static(body.as_bytes());
    script
        .store()
        .await
        .put_if("state", body, JSON, Some(&expected))
        .await
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognised_as_ours() {
    let lost = error("500 Internal Server Error", "InternalError");
    let refused = error("412 Precondition Failed", "PreconditionFailed");
    let script = Script::new(&[lost, refused, object("ours")]);
    assert_eq!(put_if(&script, "ours").await.unwrap(), ETag::new("\"new\""));
    assert_eq!(script.methods(), ["PUT", "PUT", "GET"]);
}

#[tokio::test]
async fn a_write_after_a_lost_answer_that_met_somebody_elses_is_a_conflict() {
    let lost = error("500 Internal Server Error", "InternalError");
    let refused = error("412 Precondition Failed", "PreconditionFailed");
    let script = Script::new(&[lost, refused, object("theirs")]);
    assert!(matches!(
        put_if(&script, "ours").await,
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(script.methods(), ["PUT", "PUT", "GET"]);
}

#[tokio::test]
async fn every_plain_refusal_is_a_conflict_without_a_second_look() {
    for (status, code) in [
        ("412 Precondition Failed", "PreconditionFailed"),
        ("409 Conflict", "ConditionalRequestConflict"),
        ("404 Not Found", "NoSuchKey"),
    ] {
        let script = Script::new(&[error(status, code)]);
        assert!(
            matches!(
                put_if(&script, "ours").await,
                Err(StoreError::Conflict { .. })
            ),
            "{code}"
        );
        assert_eq!(script.methods(), ["PUT"]);
    }
}

#[tokio::test]
async fn a_version_is_removed_in_one_request() {
    let done = || answer("204 No Content", "", "");
    let lost = error("500 Internal Server Error", "InternalError");
    let refused = error("412 Precondition Failed", "PreconditionFailed");
    let gone = error("404 Not Found", "NoSuchKey");
    for (answers, is_conflict) in [
        (vec![done()], false),
        (vec![lost, gone.clone()], false),
        (vec![gone], false),
        (vec![refused], true),
    ] {
        let script = Script::new(&answers);
        let read = ETag::new("\"old\"");
        let removed = script.store().await.delete_if("state", &read).await;
        assert_eq!(
            removed.is_err_and(|error| matches!(error, StoreError::Conflict { .. })),
            is_conflict
        );
        assert_eq!(script.methods(), vec!["DELETE"; answers.len()]);
    }
}

#[tokio::test]
async fn an_error_tells_bucket_key_and_code_and_nothing_of_the_answer() {
    let script = Script::new(&[error("403 Forbidden", "AccessDenied")]);
    let error = put_if(&script, "ours").await.unwrap_err();
    let text = format!("{error} {error:?}");
    for part in ["s3://bucket/state", "AccessDenied", "s3:PutObject"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(
        !text.contains("sensitive") && !error.is_retryable(),
        "{text}"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_again() {
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"new\"\r\n\r\nhalf".to_owned();
    let script = Script::new(&[broken.clone(), object("whole")]);
    assert_eq!(
        script
            .store()
            .await
            .get("state")
            .await
            .unwrap()
            .unwrap()
            .body,
        "whole"
    );
    assert_eq!(script.methods(), ["GET", "GET"]);

    let script = Script::new(&[broken.clone(), broken.clone(), broken]);
    assert!(
        script
            .store()
            .await
            .get("state")
            .await
            .unwrap_err()
            .is_retryable()
    );
    assert_eq!(script.methods(), ["GET", "GET", "GET"]);
}

#[tokio::test]
async fn an_object_over_the_cap_is_not_read() {
    let huge = "HTTP/1.1 200 OK\r\ncontent-length: 268435457\r\n\r\nbegins".to_owned();
    let script = Script::new(&[huge]);
    let error = script.store().await.get("state").await.unwrap_err();
    let place = "s3://bucket/state".to_owned();
    assert_eq!(
        error,
        StoreError::TooLarge {
            place,
            bytes: 268_435_457,
            most: 1 << 28,
        }
    );
}
