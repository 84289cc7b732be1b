use std::ops::Range;

use async_trait::async_trait;
use drawbridge_time::Deadline;

use super::Verdict;
use crate::target::AllRefused;
use crate::undecided::Undecided;
use crate::{Later, Limits, Outcome, Record};

/// How many records may be refused one by one before it looks like a setting is wrong.
const SUSPICIOUS: usize = 3;

/// Bytes of a record from which on it is believed that it is too large, whatever became of the others.
pub(crate) const LARGE_BYTES: usize = 64 * 1024;

/// An HTTP API that takes several records per request.
#[async_trait]
pub(crate) trait BatchApi: Send + Sync {
    /// Encodes a record for a request's body; the error is why it never can be.
    fn encode(&self, record: &Record) -> Result<EncodedRecord, String>;

    /// How much goes into one request: records, and bytes of them with a byte between.
    fn request_limits(&self) -> Limits;

    /// Sends one request.
    async fn post(&self, encoded: &[EncodedRecord], until: Deadline) -> Verdict;
}

/// A record as it stands in a request's body.
pub(crate) struct EncodedRecord {
    pub(crate) bytes: Vec<u8>,
    /// The record's key.
    pub(crate) key: String,
    /// What of the record is missing from it, if anything.
    pub(crate) missing: Option<String>,
}

/// Delivers records through `api`, in as few requests as its limits allow.
///
/// A request that is too large is sent in halves. So is one that is refused without saying which
/// record is at fault. A record that is refused on its own counts as refused for good only if
/// another record was accepted, or if it is large and refused as too large. Otherwise a wrong setting
/// may be the cause, and no record is given up.
/// If the target names a record, that record is believed to be at fault, unless three in a row are
/// named and none is accepted.
/// With [`AllRefused::GiveUp`], whatever is refused alone counts.
/// With [`AllRefused::Tell`] it counts too, but three in a row and none accepted still end the delivery.
pub(crate) async fn deliver(
    api: &dyn BatchApi,
    records: &[Record],
    until: Deadline,
    all_refused: AllRefused,
) -> Vec<Outcome> {
    let is_patient = all_refused != AllRefused::GiveUp;
    let mut batch = Undecided::new();
    for record in records {
        batch.push(api.encode(record).map_err(Outcome::Refused));
    }
    let encoded = &batch.records;
    let unsent = Outcome::Later(Later::because("it was not sent"));
    let mut outcomes = vec![unsent; encoded.len()];
    let mut set = |at: usize, outcome: Outcome| outcomes[at] = outcome;
    // A byte lies between two records. The next range is the last element.
    let sizes = encoded.iter().map(|record| record.bytes.len() + 1);
    let mut work = api.request_limits().ranges(sizes);
    work.reverse();
    let mut unproven: Vec<(usize, String)> = Vec::new();
    let mut named: Vec<(usize, String)> = Vec::new();
    let mut any_taken = false;
    let mut later: Option<Later> = None;
    while let Some(range) = work.pop() {
        if later.is_none() && until.is_over() {
            later = Some(Later::because("no time was left to deliver it"));
        }
        if let Some(later) = &later {
            range.for_each(|at| set(at, Outcome::Later(later.clone())));
            continue;
        }
        match api.post(&encoded[range.clone()], until).await {
            Verdict::Taken => {
                any_taken = true;
                for at in range {
                    let missing = encoded[at].missing.clone();
                    set(at, missing.map_or(Outcome::Taken, Outcome::TakenInPart));
                }
            }
            Verdict::OneRefused(n, reason) if n < range.len() => {
                let at = range.start + n;
                named.push((at, reason.clone()));
                if is_patient && !any_taken && named.len() >= SUSPICIOUS {
                    later = Some(Later::because(reason));
                }
                push(&mut work, at + 1..range.end);
                push(&mut work, range.start..at);
            }
            Verdict::TooLarge if is_large(&encoded[range.clone()]) => {
                let reason = too_large(encoded[range.start].bytes.len());
                set(range.start, Outcome::Refused(reason));
            }
            verdict @ (Verdict::TooLarge | Verdict::Refused(_) | Verdict::OneRefused(..))
                if range.len() == 1 =>
            {
                let reason = match verdict {
                    Verdict::Refused(reason) | Verdict::OneRefused(_, reason) => reason,
                    _ => too_large(encoded[range.start].bytes.len()),
                };
                unproven.push((range.start, reason.clone()));
                if is_patient && !any_taken && unproven.len() >= SUSPICIOUS {
                    later = Some(Later::because(reason));
                }
            }
            Verdict::TooLarge | Verdict::Refused(_) | Verdict::OneRefused(..) => {
                let middle = range.start + range.len() / 2;
                push(&mut work, middle..range.end);
                push(&mut work, range.start..middle);
            }
            Verdict::Unauthorised(reason) => {
                later = Some(Later::because(reason));
                work.push(range);
            }
            Verdict::Later(asked) => {
                later = Some(asked);
                work.push(range);
            }
        }
    }
    let is_proven = all_refused != AllRefused::Wait || any_taken;
    let named_is_proven = is_proven || named.len() < SUSPICIOUS;
    let all = [(unproven, is_proven), (named, named_is_proven)];
    for (refused, is_proven) in all {
        for (at, reason) in refused {
            let outcome = if is_proven {
                Outcome::Refused(reason)
            } else {
                Outcome::Later(Later::because(reason))
            };
            set(at, outcome);
        }
    }
    batch.into_outcomes(outcomes)
}

/// Whether it is one record, of a size that many intakes refuse. If the target calls a small record too
/// large, suspect a proxy or a setting until something has been accepted.
fn is_large(records: &[EncodedRecord]) -> bool {
    matches!(records, [one] if one.bytes.len() > LARGE_BYTES)
}

/// What is said of a record that is too large.
pub(crate) fn too_large(bytes: usize) -> String {
    format!("the target, or a proxy on the way, takes no record of {bytes} bytes (HTTP 413)")
}

fn push(work: &mut Vec<Range<usize>>, range: Range<usize>) {
    if !range.is_empty() {
        work.push(range);
    }
}
