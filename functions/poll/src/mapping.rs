use std::cell::Cell;
use std::collections::HashSet;

use drawbridge_alert::Alert;
use drawbridge_cursor::{AlertDigest, Claimed, Written};
use drawbridge_queue::Message;
use drawbridge_record::{Change, Claim, Claims, Fact, FirstReading, Identity, Record, Rewrite};
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
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mapped {
    /// Records that the output has already.
    pub(crate) known: u64,
    /// Records that were added to the batch.
    pub(crate) claimed: u64,
    /// Whether the batch filled up before the alert ended: send it and map the alert again.
    pub(crate) more: bool,
}

/// Whose records they are, and when.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) output: &'c Output,
    pub(crate) tenant: &'c str,
    pub(crate) now_secs: u32,
}

/// Adds to `batch` the records of `alert` that the output does not have yet. With `again`, which is
/// kept for all rounds over the alert, all of its records are added, each once.
pub(crate) fn map(
    alert: &Alert<'_>,
    context: Context<'_>,
    again: Option<&mut FirstReading>,
    written: &mut Written,
    batch: &mut Batch,
) -> Mapped {
    let Batch {
        messages,
        claims,
        bytes,
    } = batch;
    let held = Cell::new(*bytes);
    let version = Cell::new(None);
    let time = time_of(alert);
    let digest = AlertDigest::of(&alert.id);
    written.saw(digest, context.now_secs);
    let mut claiming = Claiming {
        alert: digest,
        shown: HashSet::new(),
        context,
        again,
        written,
        claims,
        held: &held,
        most_bytes: alert.raw.len().clamp(BATCH_BYTES, LARGEST_BATCH_BYTES),
        version: &version,
        mapped: Mapped::default(),
    };
    let output = context.output;
    output.format.map(alert, &mut claiming, &mut |mut record| {
        held.set(held.get() + record.body.len());
        // A format whose records never change does not name their versions.
        if let (Rewrite::Never, Some(version)) = (output.format.rewrite(), version.take()) {
            let version = versioned(alert, &version);
            record.key = format!("{}#{version}", record.key);
        }
        messages.push(message(record, output, context.tenant, time));
    });
    let mapped = claiming.mapped;
    *bytes = held.get();
    mapped
}

/// The claims of one alert against the state of its output.
struct Claiming<'m> {
    alert: AlertDigest,
    context: Context<'m>,
    again: Option<&'m mut FirstReading>,
    written: &'m mut Written,
    /// What the records of this version carry, written or known: where records change with their
    /// alert, what an earlier version of one carried does not count.
    shown: HashSet<Fact>,
    claims: &'m mut Vec<Claimed>,
    /// What the batch holds, in bytes.
    held: &'m Cell<usize>,
    most_bytes: usize,
    /// What the record that is being written holds, where the output asks for changes.
    version: &'m Cell<Option<[u8; 32]>>,
    mapped: Mapped,
}

impl Claims for Claiming<'_> {
    fn lack(&mut self, facts: &[Fact]) -> bool {
        match &mut self.again {
            Some(again) => again.lack(facts),
            None if self.context.output.rewrite == Rewrite::Changes => {
                facts.iter().any(|fact| !self.shown.contains(fact))
            }
            None => self.written.lacks(self.alert, facts),
        }
    }

    fn claim(&mut self, identity: &Identity<'_>) -> Option<Claim> {
        if self.held.get() >= self.most_bytes {
            self.mapped.more = true;
            return None;
        }
        if self.context.output.rewrite == Rewrite::Changes {
            self.shown.extend(identity.carries);
        }
        let Some(mut claimed) = self.claimed(identity) else {
            self.mapped.known += 1;
            return None;
        };
        self.written.carry(&mut claimed, identity.carries);
        self.mapped.claimed += 1;
        self.claims.push(claimed);
        let change = if claimed.is_new {
            Change::New
        } else {
            Change::Changed
        };
        Some(Claim {
            part: claimed.part,
            change,
        })
    }
}

impl Claiming<'_> {
    fn claimed(&mut self, identity: &Identity<'_>) -> Option<Claimed> {
        if let Some(again) = &mut self.again {
            again.claim(identity)?;
        }
        let (key, now_secs) = (&identity.digest, self.context.now_secs);
        let claimed = match self.context.output.rewrite {
            Rewrite::Never => self.written.claim(self.alert, key, now_secs),
            Rewrite::Changes => {
                let content = (identity.content)();
                self.version.set(Some(content));
                self.written
                    .claim_change(self.alert, key, &content, now_secs)
            }
        };
        match &self.again {
            Some(_) => claimed.or_else(|| self.written.claim_anyway(self.alert, key, now_secs)),
            None => claimed,
        }
    }
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
