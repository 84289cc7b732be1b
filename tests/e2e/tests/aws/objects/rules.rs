//! What each reader takes out of a notification, from its source or its manual.

use serde_json::Value;

/// A reader of objects that S3 tells of.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    /// What it looks at in a record, each with the rule that the value has to keep.
    pub(crate) fields: &'static [(&'static str, Rule)],
    /// How it decodes the key: only some take `+` for a blank.
    pub(crate) plus_is_blank: bool,
    /// Whether it looks at the first record of a notification only.
    pub(crate) first_only: bool,
    /// Whether it takes a notification out of a topic's envelope.
    pub(crate) unwraps: bool,
}

/// What a value has to be.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    Is(&'static str),
    Starts(&'static str),
    Text,
    /// A number above 0.
    Size,
    /// RFC 3339.
    Time,
    /// RFC 3339 in UTC with a fraction of the second: `%Y-%m-%dT%H:%M:%S.%fZ`.
    TimeWithFraction,
}

const BUCKET: (&str, Rule) = ("/s3/bucket/name", Rule::Text);
const BUCKET_ARN: (&str, Rule) = ("/s3/bucket/arn", Rule::Starts("arn:aws:s3:::"));
const KEY: (&str, Rule) = ("/s3/object/key", Rule::Text);
const REGION: (&str, Rule) = ("/awsRegion", Rule::Text);
const SOURCE: (&str, Rule) = ("/eventSource", Rule::Is("aws:s3"));
const CREATED: (&str, Rule) = ("/eventName", Rule::Starts("ObjectCreated:"));

pub(crate) const READERS: &[Reader] = &[
    // src/sources/aws_s3/sqs.rs at c3445d42d2.
    Reader {
        name: "Vector",
        fields: &[
            ("/eventVersion", Rule::Starts("2.")),
            SOURCE,
            REGION,
            CREATED,
            ("/eventTime", Rule::Time),
            BUCKET,
            KEY,
        ],
        plus_is_blank: true,
        first_only: false,
        unwraps: true,
    },
    // x-pack/filebeat/input/awss3/sqs_s3_event.go.
    Reader {
        name: "Elastic Agent",
        fields: &[SOURCE, CREATED, REGION, BUCKET, BUCKET_ARN, KEY],
        plus_is_blank: true,
        first_only: false,
        unwraps: true,
    },
    // handlers/aws/s3_sqs_trigger.py at b94fa97.
    Reader {
        name: "Elastic Serverless Forwarder",
        fields: &[
            REGION,
            BUCKET_ARN,
            KEY,
            ("/eventTime", Rule::TimeWithFraction),
        ],
        plus_is_blank: true,
        first_only: false,
        unwraps: true,
    },
    // wodles/aws/subscribers/sqs_message_processor.py and s3_log_handler.py at f838614611.
    Reader {
        name: "Wazuh",
        fields: &[BUCKET, KEY],
        plus_is_blank: false,
        first_only: true,
        // Passed over, and left on the queue.
        unwraps: false,
    },
    // IBM's support page 6838227. How it decodes keys is not told: take the narrower.
    Reader {
        name: "QRadar",
        fields: &[BUCKET, BUCKET_ARN, KEY, ("/s3/object/size", Rule::Size)],
        plus_is_blank: false,
        first_only: false,
        unwraps: true,
    },
];

impl Rule {
    fn holds(self, value: &Value) -> bool {
        let text = value.as_str();
        let time = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        match self {
            Self::Is(wanted) => text == Some(wanted),
            Self::Starts(wanted) => text.is_some_and(|text| text.starts_with(wanted)),
            Self::Text => text.is_some_and(|text| !text.is_empty()),
            Self::Size => value.as_u64().is_some_and(|size| size > 0),
            Self::Time => time.is_some(),
            Self::TimeWithFraction => {
                time.is_some() && text.is_some_and(|text| text.contains('.') && text.ends_with('Z'))
            }
        }
    }
}

impl Reader {
    /// The buckets and keys that the reader takes out of a message's body, or the field that it
    /// would stumble over. None for a test event.
    pub(crate) fn objects(&self, body: &str) -> Result<Vec<(String, String)>, &'static str> {
        let mut event: Value = serde_json::from_str(body).map_err(|_| "the JSON")?;
        // Of a topic: the notification is a text in its envelope.
        if let Some(inner) = event.get("Message").filter(|_| self.unwraps) {
            event = serde_json::from_str(inner.as_str().unwrap_or("")).map_err(|_| "Message")?;
        }
        if event["Event"] == "s3:TestEvent" {
            return Ok(Vec::new());
        }
        let records = event["Records"].as_array().ok_or("Records")?;
        let wanted = if self.first_only { 1 } else { records.len() };
        if self.first_only && records.len() > 1 {
            return Err("Records: the second one is lost");
        }
        records[..wanted]
            .iter()
            .map(|record| self.object(record))
            .collect()
    }

    fn object(&self, record: &Value) -> Result<(String, String), &'static str> {
        for (field, rule) in self.fields {
            if !record.pointer(field).is_some_and(|value| rule.holds(value)) {
                return Err(field);
            }
        }
        let arn = record["s3"]["bucket"]["arn"].as_str().unwrap_or_default();
        let name = record["s3"]["bucket"]["name"].as_str();
        let bucket = name.unwrap_or_else(|| arn.rsplit(':').next().unwrap_or_default());
        let key = record["s3"]["object"]["key"].as_str().unwrap_or_default();
        Ok((bucket.to_owned(), self.decoded(key)))
    }

    fn decoded(&self, key: &str) -> String {
        let key = if self.plus_is_blank {
            key.to_owned()
        } else {
            key.replace('+', "%2B")
        };
        let pairs = url::form_urlencoded::parse(key.as_bytes());
        pairs.map(|(key, _)| key.into_owned()).collect()
    }
}
