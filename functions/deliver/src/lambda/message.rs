use aws_lambda_events::sqs::SqsMessage;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{BodyLocation, Record, StoredRecord};

/// The attribute by which a reader knows a pointer; its value is the body's size in bytes.
const SIZE_ATTRIBUTE: &str = "ExtendedPayloadSize";

/// Where the poll function puts bodies that are too large for a message.
const OVERSIZE_FOLDER: &str = "oversize/";

/// Where pointers may lead. Nothing else of the bucket is ever read for a message: whoever may write
/// to the queue could ask for the state else, or for the bodies of another output.
pub(super) struct Bodies {
    bucket: String,
    folder: String,
}

impl Bodies {
    /// Accepts bodies of any output in the bucket.
    pub(super) fn of_bucket(bucket: String) -> Self {
        let folder = OVERSIZE_FOLDER.to_owned();
        Self { bucket, folder }
    }

    /// Accepts bodies of one output only.
    pub(super) fn of_output(self, output: &str) -> Self {
        let folder = format!("{OVERSIZE_FOLDER}{output}/");
        Self { folder, ..self }
    }

    fn allows(&self, pointer: &BodyPointer) -> bool {
        pointer.bucket == self.bucket && pointer.key.starts_with(&self.folder)
    }
}

/// The pointer of the Amazon SQS Extended Client libraries: a class's name, and the pointer.
#[derive(Deserialize)]
struct Pointer(IgnoredAny, BodyPointer);

#[derive(Deserialize)]
struct BodyPointer {
    #[serde(rename = "s3BucketName")]
    bucket: String,
    #[serde(rename = "s3Key")]
    key: String,
}

/// The record of a message, or the record as far as it is known and why it cannot be read.
pub(super) fn stored_record(
    message: &SqsMessage,
    bodies: &Bodies,
) -> Result<StoredRecord, Box<(Record, String)>> {
    let attribute = |name: &str| {
        let attribute = message.message_attributes.get(name)?;
        attribute.string_value.clone()
    };
    let record = Record {
        key: attribute("key")
            .or_else(|| message.message_id.clone())
            .unwrap_or_default(),
        alert_id: attribute("alert-id").unwrap_or_default(),
        tenant: attribute("tenant").unwrap_or_else(|| "unknown".to_owned()),
        format: attribute("format").unwrap_or_default(),
        severity: attribute("severity").unwrap_or_default(),
        body: message.body.clone().unwrap_or_default(),
    };
    let Some(size) = attribute(SIZE_ATTRIBUTE) else {
        return Ok(record.into());
    };
    let pointer: Result<Pointer, _> = serde_json::from_str(&record.body);
    let refuse = |record, reason: &str| Err(Box::new((record, reason.to_owned())));
    let Ok(Pointer(_, pointer)) = pointer else {
        return refuse(record, "the pointer to its body cannot be read");
    };
    if !bodies.allows(&pointer) {
        let reason = "the pointer leads out of the folder for large bodies; it was not followed";
        return refuse(record, reason);
    }
    let Ok(bytes) = size.parse() else {
        return refuse(record, "the size of its body is not a number");
    };
    Ok(StoredRecord {
        record,
        body_at: Some(BodyLocation {
            key: pointer.key,
            bytes,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::sqs::SqsMessageAttribute;

    fn message(body: &str, attributes: &[(&str, &str)]) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some("m".into());
        message.body = Some(body.into());
        for (name, value) in attributes {
            let mut attribute = SqsMessageAttribute::default();
            attribute.string_value = Some((*value).into());
            message.message_attributes.insert((*name).into(), attribute);
        }
        message
    }

    fn bodies() -> Bodies {
        Bodies::of_bucket("b".to_owned())
    }

    fn refusal(body: &str) -> String {
        let message = message(body, &[("ExtendedPayloadSize", "9")]);
        stored_record(&message, &bodies()).unwrap_err().1
    }

    #[test]
    fn a_record_comes_with_its_attributes() {
        let record = stored_record(
            &message(
                "{}",
                &[
                    ("key", "k"),
                    ("tenant", "t"),
                    ("alert-id", "a"),
                    ("format", "siem"),
                ],
            ),
            &bodies(),
        );
        let record = record.unwrap().record;
        assert_eq!((record.key.as_str(), record.tenant.as_str()), ("k", "t"));
        assert_eq!(
            (record.alert_id.as_str(), record.format.as_str()),
            ("a", "siem")
        );
        // One that somebody else put there has none.
        let bare = stored_record(&message("{}", &[]), &bodies())
            .unwrap()
            .record;
        assert_eq!((bare.key.as_str(), bare.tenant.as_str()), ("m", "unknown"));
    }

    #[test]
    fn a_pointer_is_followed_into_the_folder_for_large_bodies_only() {
        let pointer = |bucket: &str, key: &str| {
            format!(
                r#"["software.amazon.payloadoffloading.PayloadS3Pointer",{{"s3BucketName":"{bucket}","s3Key":"{key}"}}]"#
            )
        };
        let good = message(&pointer("b", "oversize/x"), &[("ExtendedPayloadSize", "9")]);
        let stored = stored_record(&good, &bodies()).unwrap().body_at.unwrap();
        assert_eq!((stored.key.as_str(), stored.bytes), ("oversize/x", 9));
        for (bucket, key) in [("other", "oversize/x"), ("b", "state/t.json")] {
            assert!(refusal(&pointer(bucket, key)).contains("not followed"));
        }
        let of_siem = bodies().of_output("siem");
        for (key, is_followed) in [
            ("oversize/siem/x", true),
            ("oversize/native/x", false),
            ("oversize/siemens/x", false),
            ("oversize/x", false),
        ] {
            let message = message(&pointer("b", key), &[("ExtendedPayloadSize", "9")]);
            let followed = stored_record(&message, &of_siem).is_ok();
            assert_eq!(followed, is_followed, "{key}");
        }
        assert!(refusal("{}").contains("cannot be read"));
        // Without the attribute it is a record like any other.
        assert!(
            stored_record(&message(&pointer("b", "x"), &[]), &bodies())
                .unwrap()
                .body_at
                .is_none()
        );
    }
}
