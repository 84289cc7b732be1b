use std::ops::Range;

use async_trait::async_trait;
use drawbridge_time::Deadline;

use super::Verdict;
use crate::{Later, Limits, Outcome, Record};

/// How many records may be refused one by one before it looks like a setting is wrong.
const SUSPICIOUS: usize = 3;

/// An HTTP intake that takes several records a request.
#[async_trait]
pub(crate) trait Intake: Send + Sync {
    /// The record as it stands in a request's body, or why it never can.
    fn piece(&self, record: &Record) -> Result<Piece, String>;

    /// How much goes into one request: records, and bytes of pieces with a byte between.
    fn most(&self) -> Limits;

    /// Sends one request.
    async fn post(&self, pieces: &[Piece], until: Deadline) -> Verdict;
}

/// A record as it stands in a request's body.
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    /// The record's key.
    pub(crate) key: String,
    /// What of the record is missing from it, if anything.
    pub(crate) missing: Option<String>,
}

/// Delivers records through `intake`, in as few requests as its limits allow.
///
/// A request that is too large is sent in halves. So is one that is refused without a word about
/// which record is at fault. A record that is refused alone counts as refused for good only if
/// another one was taken: else it may as well be a setting that is wrong, and nothing is given up.
/// One that the target names is believed to be at fault, but not three in a row and none taken.
pub(crate) async fn deliver(
    intake: &dyn Intake,
    records: &[Record],
    until: Deadline,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; records.len()];
    let (mut places, mut pieces) = (Vec::new(), Vec::new());
    for (place, record) in records.iter().enumerate() {
        match intake.piece(record) {
            Ok(piece) => {
                places.push(place);
                pieces.push(piece);
            }
            Err(reason) => outcomes[place] = Some(Outcome::Refused(reason)),
        }
    }
    let mut set = |at: usize, outcome: Outcome| outcomes[places[at]] = Some(outcome);
    let mut work = ranges(&pieces, intake.most());
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
        match intake.post(&pieces[range.clone()], until).await {
            Verdict::Taken => {
                any_taken = true;
                for at in range {
                    let missing = pieces[at].missing.clone();
                    set(at, missing.map_or(Outcome::Taken, Outcome::TakenInPart));
                }
            }
            Verdict::OneRefused(n, reason) if n < range.len() => {
                let at = range.start + n;
                named.push((at, reason.clone()));
                if !any_taken && named.len() >= SUSPICIOUS {
                    later = Some(Later::because(reason));
                }
                push(&mut work, at + 1..range.end);
                push(&mut work, range.start..at);
            }
            Verdict::TooLarge if range.len() == 1 => {
                let bytes = pieces[range.start].bytes.len();
                let reason = format!("the target takes no record of {bytes} bytes (HTTP 413)");
                set(range.start, Outcome::Refused(reason));
            }
            Verdict::Refused(reason) | Verdict::OneRefused(_, reason) if range.len() == 1 => {
                unproven.push((range.start, reason.clone()));
                if !any_taken && unproven.len() >= SUSPICIOUS {
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
    let named_is_proven = any_taken || named.len() < SUSPICIOUS;
    let all = [(unproven, any_taken), (named, named_is_proven)];
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
    let unsaid = || Outcome::Later(Later::because("it was not sent"));
    outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap_or_else(unsaid))
        .collect()
}

fn push(work: &mut Vec<Range<usize>>, range: Range<usize>) {
    if !range.is_empty() {
        work.push(range);
    }
}

/// The pieces cut by the intake's limits; the first range is the last element.
fn ranges(pieces: &[Piece], most: Limits) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let size = piece.bytes.len() + 1;
        match ranges.last_mut() {
            Some(range) if range.len() < most.records && bytes + size <= most.bytes => {
                range.end = at + 1;
                bytes += size;
            }
            _ => {
                ranges.push(at..at + 1);
                bytes = size;
            }
        }
    }
    ranges.reverse();
    ranges
}
