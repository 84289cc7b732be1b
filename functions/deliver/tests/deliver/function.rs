//! The function's own binary, with a runtime API, an SQS and a SIEM of the test's own.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use drawbridge_issuer::{Issuer, StsAnswer};
use drawbridge_simulator::{Alerts, Credential, Options};
use serde_json::{Value, json};

use crate::fake::http::{Fake, ReceivedRequest, Reply, json as answer};
use crate::support::{TOKEN, record};

struct Running(Child);

impl Running {
    /// The binary on that Lambda; `sts` takes the place of AWS STS.
    fn start(lambda: &Fake, sts: &str, settings: &Value) -> Self {
        let host = format!("127.0.0.1:{}", lambda.url.port().unwrap());
        let child = Command::new(env!("CARGO_BIN_EXE_deliver"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &host)
            .env("AWS_LAMBDA_FUNCTION_NAME", "deliver")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "g")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "s")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", format!("http://{host}"))
            .env("AWS_ENDPOINT_URL_STS", sts)
            .env("DRAWBRIDGE_DELIVER", settings.to_string())
            .env("DRAWBRIDGE_BUCKET", "bucket")
            .env(
                "DRAWBRIDGE_QUEUE_URL",
                format!("http://{host}/123456789012/records"),
            )
            .env("HEC_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Ends it; what it has logged.
    fn log(&mut self) -> String {
        let _ = self.0.kill();
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.0.stdout.take().unwrap(), &mut log).unwrap();
        log
    }
}

/// What the function answered to its invocations, once there are that many.
async fn answers(lambda: &Fake, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let asked = lambda.asked();
        let answers = asked
            .iter()
            .filter(|asked| asked.path.ends_with("/response"));
        let answers: Vec<Value> = answers
            .map(|asked| serde_json::from_str(&asked.body).unwrap())
            .collect();
        if answers.len() >= count {
            return answers;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no answer");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// An invocation with two records.
fn invocation(n: usize) -> Reply {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(60);
    let headers = vec![
        ("lambda-runtime-aws-request-id", format!("request-{n}")),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:x".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    Reply::Answer(200, headers, event())
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn event() -> String {
    let message = |n: usize| {
        let record = record(n);
        let attribute = |value: &str| json!({"stringValue": value, "dataType": "String"});
        json!({
            "messageId": format!("m{n}"), "receiptHandle": format!("r{n}"), "body": record.body,
            "attributes": {"ApproximateReceiveCount": "5", "SentTimestamp": "1767323000000"},
            "messageAttributes": {
                "key": attribute(&record.key), "tenant": attribute("contoso"),
                "alert-id": attribute(&record.alert_id), "format": attribute("siem"),
            },
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:records",
            "awsRegion": "eu-west-1",
        })
    };
    json!({"Records": [message(0), message(1)]}).to_string()
}

/// What Lambda, SQS and Splunk say; Splunk takes the first of three invocations and is busy then.
fn reply(n: usize, asked: &ReceivedRequest) -> Reply {
    let path = asked.path.as_str();
    match path {
        "/2018-06-01/runtime/invocation/next" if n < 12 => invocation(n),
        "/2018-06-01/runtime/invocation/next" => Reply::Nothing,
        "/services/collector/event" => {
            assert_eq!(asked.headers["authorization"], format!("Splunk {TOKEN}"));
            match n {
                0..3 => answer(200, r#"{"text":"Success","code":0}"#),
                _ => answer(503, r#"{"text":"Server is busy","code":9}"#),
            }
        }
        _ if path.ends_with("/response") => answer(202, r#"{"status":"OK"}"#),
        // SQS, which speaks JSON to its root.
        "/" => {
            assert_eq!(
                asked.headers["x-amz-target"],
                "AmazonSQS.ChangeMessageVisibilityBatch"
            );
            answer(200, r#"{"Successful":[{"Id":"0"},{"Id":"1"}],"Failed":[]}"#)
        }
        _ => panic!("{path}"),
    }
}

#[tokio::test]
async fn the_binary_answers_lambda_and_hides_what_has_to_wait() {
    let fake = Fake::start(reply).await;
    let host = format!("127.0.0.1:{}", fake.url.port().unwrap());
    let settings = json!({
        "target": "splunk-hec", "url": format!("http://{host}"), "secret": "env:HEC_TOKEN",
    });
    let mut running = Running::start(&fake, "http://127.0.0.1:9", &settings);
    let answers = answers(&fake, 3).await;
    let failed = json!([{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]);
    assert_eq!(answers[0]["batchItemFailures"], json!([]));
    assert_eq!(answers[1]["batchItemFailures"], failed);
    // A target that names no time is asked twice, and then left alone until these come again:
    // what comes meanwhile waits too.
    assert_eq!(answers[2]["batchItemFailures"], failed);
    let asked = fake.asked();
    let collector = |asked: &&ReceivedRequest| asked.path == "/services/collector/event";
    assert_eq!(asked.iter().filter(collector).count(), 1 + 2);
    let hidden = asked.iter().find(|asked| asked.path == "/").unwrap();
    let hidden: Value = serde_json::from_str(&hidden.body).unwrap();
    let entries = hidden["Entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    // Records of a past year: until the next whole half hour, if that is not in five seconds.
    let delay = entries[1]["VisibilityTimeout"].as_i64().unwrap();
    assert!((5..=1805).contains(&delay), "{delay}");
    assert_eq!(entries[0]["VisibilityTimeout"], delay);
    assert_eq!(entries[1]["ReceiptHandle"], "r1");

    let log = running.log();
    assert!(!log.contains("MARKER"), "{log}");
    let metrics: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line.get("batch").is_some())
        .collect();
    assert!(!log.contains("_aws"), "metrics of a tenant: {log}");
    assert_eq!(metrics[0]["batch"]["Delivered"], 2);
    assert!(metrics[0]["batch"]["DeliverLag"].as_i64().unwrap() > 0);
    assert_eq!(metrics[1]["batch"], json!({ "DeliverRetried": 2 }));
}

#[tokio::test]
async fn the_binary_signs_in_to_sentinel_as_its_role_and_with_nothing_stored() {
    const ROLE: &str = "arn:aws:iam::000000000000:role/deliver";
    let issuer = Issuer::start().await.unwrap();
    issuer.set_sts(StsAnswer::Token {
        subject: ROLE.to_owned(),
    });
    let options = Options {
        credentials: vec![Credential::Federated {
            issuer: issuer.url().to_owned(),
            subject: ROLE.to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
        }],
        scopes: vec!["https://monitor.azure.com/.default".to_owned()],
        ..Options::default()
    };
    let (tenant_id, client_id) = (options.tenant_id.clone(), options.client_id.clone());
    let entra = drawbridge_simulator::start(options, Alerts::parse(b"[]").unwrap())
        .await
        .unwrap();
    let lambda = Fake::start(|n, asked| match asked.path.as_str() {
        "/2018-06-01/runtime/invocation/next" if n == 0 => invocation(n),
        "/2018-06-01/runtime/invocation/next" => Reply::Nothing,
        path if path.ends_with("/response") => answer(202, r#"{"status":"OK"}"#),
        path => {
            assert!(path.starts_with("/dataCollectionRules/dcr-0/streams/s?"));
            assert!(asked.headers["authorization"].starts_with("Bearer "));
            Reply::Answer(204, vec![], String::new())
        }
    })
    .await;
    let mut running = Running::start(
        &lambda,
        issuer.url(),
        &json!({
            "target": "sentinel", "url": lambda.url, "login_url": entra.login_url(),
            "dcr": "dcr-0", "stream": "s", "tenant_id": tenant_id, "client_id": client_id,
            "federation": "aws",
        }),
    );
    let answers = answers(&lambda, 1).await;
    let log = running.log();
    assert_eq!(answers[0]["batchItemFailures"], json!([]), "{log}");
    let asked = issuer.sts_requests();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].is_signed);
    for (name, value) in [
        ("Audience.member.1", "api://AzureADTokenExchange"),
        ("SigningAlgorithm", "RS256"),
        ("DurationSeconds", "300"),
    ] {
        assert_eq!(asked[0].form[name], value);
    }
    // A JWT begins with it.
    assert!(!log.contains("eyJ") && !log.contains("MARKER"), "{log}");
}
