use std::cell::Cell;

use drawbridge_alert::Alert;
use drawbridge_cursor::{AlertDigest, Claimed, Written};
use drawbridge_queue::Message;
use drawbridge_record::{Change, Claim, Identity, Record, Rewrite};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{Grouping, Output};

/// How many bytes of records are held before they are sent. One alert may call for thousands of
/// records, each with a long description: this bounds what they hold of memory together.
const BATCH_BYTES: usize = 1 << 20;

/// The same for an alert that is large itself: each batch costs a pass over all of its evidence.
const LARGEST_BATCH_BYTES: usize = 8 << 20;

/// Records of one output that wait to be sent.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) messages: Vec<Message>,
    /// The claim behind each message, in the same order.
    pub(crate) claims: Vec<Claimed>,
    bytes: usize,
}

impl Batch {
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES
    }
}

/// What became of an alert's records.
pub(crate) struct Mapped {
    /// Records that the output has already.
    pub(crate) known: u64,
    /// Records that were added to the batch.
    pub(crate) claimed: u64,
    /// Whether the batch filled up before the alert ended: send it and map the alert again.
    pub(crate) more: bool,
}

/// Adds to `batch` the records of `alert` that `output` does not have yet; all of them with `again`.
pub(crate) fn map(
    alert: &Alert<'_>,
    output: &Output,
    tenant: &str,
    (now_secs, again): (u32, bool),
    written: &mut Written,
    batch: &mut Batch,
) -> Mapped {
    let digest = AlertDigest::of(&alert.id);
    let Batch {
        messages,
        claims,
        bytes,
    } = batch;
    let most_bytes = alert.raw.len().clamp(BATCH_BYTES, LARGEST_BATCH_BYTES);
    let held = Cell::new(*bytes);
    let version = Cell::new(None);
    let time = time_of(alert);
    let mut mapped = Mapped {
        known: 0,
        claimed: 0,
        more: false,
    };
    output.format.map(
        alert,
        &mut |identity| {
            if held.get() >= most_bytes {
                mapped.more = true;
                return None;
            }
            let Identity {
                digest: key,
                content,
            } = identity;
            let mut claimed = match output.rewrite {
                Rewrite::Never => written.claim(digest, key, now_secs),
                Rewrite::Changes => {
                    let content = content();
                    version.set(Some(content));
                    written.claim_change(digest, key, &content, now_secs)
                }
            };
            if again && claimed.is_none() {
                claimed = written.claim_anyway(digest, key, now_secs);
            }
            let Some(claimed) = claimed else {
                mapped.known += 1;
                return None;
            };
            mapped.claimed += 1;
            claims.push(claimed);
            Some(Claim {
                part: claimed.part,
                change: if claimed.is_new {
                    Change::New
                } else {
                    Change::Changed
                },
            })
        },
        &mut |mut record| {
            held.set(held.get() + record.body.len());
            // A format whose records never change does not name their versions.
            if let (Rewrite::Never, Some(version)) = (output.format.rewrite(), version.take()) {
                let version = versioned(alert, &version);
                record.key = format!("{}#{version}", record.key);
            }
            messages.push(message(record, output, tenant, time));
        },
    );
    *bytes = held.get();
    mapped
}

/// Names a version of a record: its content, and when the alert changed last, so that a content
/// which comes back is not taken for the one before.
fn versioned(alert: &Alert<'_>, content: &[u8; 32]) -> String {
    let updated = alert.last_update.as_ref().map_or("", |time| &time.text);
    let digest = Sha256::new().chain_update(updated).chain_update(content);
    hex::encode(&digest.finalize()[..8])
}

/// When the alert changed last or, where Graph does not say, came up.
fn time_of(alert: &Alert<'_>) -> Option<Timestamp> {
    let times = [&alert.last_update, &alert.created];
    times.into_iter().flatten().find_map(|time| time.instant)
}

fn message(record: Record, output: &Output, tenant: &str, time: Option<Timestamp>) -> Message {
    let group = match output.grouping {
        Grouping::Tenant => tenant.to_owned(),
        Grouping::Alert => record.alert_id.clone(),
    };
    let attributes = vec![
        ("tenant", tenant.to_owned()),
        ("format", output.format.name().to_owned()),
        ("schema", output.format.schema_version().to_string()),
        ("alert-id", record.alert_id),
        ("key", record.key.clone()),
        ("severity", record.severity),
        ("change", record.change.as_str().to_owned()),
    ];
    Message {
        key: record.key,
        group,
        time,
        body: record.body,
        attributes,
    }
}
