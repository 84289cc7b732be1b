//! The rules themselves: what breaks a notification for a reader is noticed.

use serde_json::{Value, json};

use super::rules::READERS;

fn notification() -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
        "eventTime": "2026-03-01T10:00:00.000Z", "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": { "name": "b", "arn": "arn:aws:s3:::b" },
            "object": { "key": "siem/v1/a.jsonl.gz", "size": 20 },
        },
    }] })
}

#[test]
fn every_reader_takes_the_notification_that_aws_documents() {
    let wanted = Ok(vec![("b".to_owned(), "siem/v1/a.jsonl.gz".to_owned())]);
    let direct = notification().to_string();
    let of_a_topic = json!({ "Type": "Notification", "Message": direct }).to_string();
    for reader in READERS {
        assert_eq!(reader.objects(&direct), wanted, "{}", reader.name);
        let of_a_topic = reader.objects(&of_a_topic);
        if reader.unwraps {
            assert_eq!(of_a_topic, wanted, "{}", reader.name);
        } else {
            assert_eq!(of_a_topic, Err("Records"), "{}", reader.name);
        }
    }
}

#[test]
fn a_reader_misses_each_field_that_it_needs() {
    for reader in READERS {
        for (field, _) in reader.fields {
            let mut event = notification();
            *event["Records"][0].pointer_mut(field).unwrap() = Value::Null;
            let told = reader.objects(&event.to_string());
            assert_eq!(told, Err(*field), "{}", reader.name);
        }
    }
}

#[test]
fn no_reader_takes_a_bare_record_or_an_empty_object() {
    for reader in READERS {
        assert_eq!(reader.objects(r#"{"AlertId":"da1"}"#), Err("Records"));
    }
    let mut event = notification();
    event["Records"][0]["s3"]["object"]["size"] = json!(0);
    let body = event.to_string();
    let stumbles: Vec<_> = READERS
        .iter()
        .filter(|reader| reader.objects(&body).is_err())
        .map(|reader| reader.name)
        .collect();
    assert_eq!(stumbles, ["QRadar"]);
}

#[test]
fn readers_decode_the_same_key_differently_unless_it_is_plain() {
    let mut event = notification();
    event["Records"][0]["s3"]["object"]["key"] = json!("a+b%3Dc");
    let body = event.to_string();
    for reader in READERS {
        let wanted = if reader.plus_is_blank {
            "a b=c"
        } else {
            "a+b=c"
        };
        assert_eq!(reader.objects(&body).unwrap()[0].1, wanted);
    }
}
