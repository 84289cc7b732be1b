use std::collections::BTreeMap;

use drawbridge_emulator::Emulator;
use serde_json::Value;

use crate::{Error, Python, Stack};

/// A reader of an output that may do what the output's consumer policy says, and no more.
#[derive(Debug, Clone)]
pub struct Consumer {
    python: Python,
    queue_url: String,
}

/// A record as it came off the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The record's JSON.
    pub body: String,
    /// The message's attributes.
    pub attributes: BTreeMap<String, String>,
    /// Whether the body was too large for a message.
    pub from_s3: bool,
}

impl Consumer {
    /// Creates a user and attaches the policy of the output with this name in the stack's outputs,
    /// such as `Siem` or `NativeObjects`.
    ///
    /// # Errors
    /// What the emulated cloud refused.
    pub fn create(emulator: &Emulator, stack: &Stack, output: &str) -> Result<Self, Error> {
        let root = Python::root(emulator);
        let told = root.run(
            "create_consumer.py",
            &[
                &format!("{}-{output}", stack.name()),
                stack.output(&format!("{output}ConsumerPolicyArn"))?,
            ],
            "",
        )?;
        let key: Value = serde_json::from_str(&told)?;
        let (Some(id), Some(secret)) = (key["id"].as_str(), key["secret"].as_str()) else {
            return Err(format!("these are no keys: {told}").into());
        };
        Ok(Self {
            python: root.with_key(id, secret),
            queue_url: stack.output(&format!("{output}QueueUrl"))?.to_owned(),
        })
    }

    /// What makes a shell use the emulated cloud as this user.
    #[must_use]
    pub fn python(&self) -> &Python {
        &self.python
    }

    /// Reads the objects that the queue tells of, until it told of `count` and of no more: their
    /// records.
    ///
    /// # Errors
    /// What the emulated cloud refused.
    pub fn read_objects(&self, count: usize) -> Result<Vec<Value>, Error> {
        let args = [self.queue_url.as_str(), &count.to_string()];
        let told = self.python.run("read_notified.py", &args, "")?;
        let mut told: Value = serde_json::from_str(&told)?;
        Ok(serde_json::from_value(told["records"].take())?)
    }

    /// Reads and deletes what is on the queue, until `count` came and none is left, or until none
    /// has come for half a minute.
    ///
    /// # Errors
    /// What the emulated cloud refused.
    pub fn drain(&self, count: usize) -> Result<Vec<Received>, Error> {
        let args = [self.queue_url.as_str(), &count.to_string()];
        let told = self.python.run("consume.py", &args, "")?;
        let read: Vec<Value> = serde_json::from_str(&told)?;
        read.into_iter()
            .map(|mut message| {
                Ok(Received {
                    body: serde_json::from_value(message["body"].take())?,
                    attributes: serde_json::from_value(message["attributes"].take())?,
                    from_s3: message["from_s3"] == true,
                })
            })
            .collect()
    }
}
