use std::time::Duration;

use drawbridge_time::Backoff;

/// How long a target may ask to wait: the twelve hours for which SQS hides a message at most, less
/// the queue's visibility timeout. SQS counts from the receive, which is never longer ago than
/// that, and refuses to hide a message for longer in all.
pub(crate) const LONGEST: Duration = Duration::from_secs(12 * 60 * 60 - 720);

/// The tries for which a target that asks for a time gets just that.
pub(crate) const TRIES_AS_ASKED: u32 = 10;

/// How long to wait before the next try: what the target asked for, else 10 s, and twice as long
/// after each of `tries`, up to five minutes. After ten tries it is never less than that.
#[must_use]
pub fn retry_delay(asked: Option<Duration>, tries: u32) -> Duration {
    const USUAL: Backoff = Backoff {
        first: Duration::from_secs(10),
        longest: Duration::from_secs(5 * 60),
    };
    let usual = USUAL.after(tries);
    // "0" would be a hot loop.
    match asked.filter(|asked| !asked.is_zero()) {
        Some(asked) if tries <= TRIES_AS_ASKED => asked,
        Some(asked) => asked.max(usual),
        None => usual,
    }
    .min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_was_asked_for_within_what_sqs_allows() {
        let asked = |secs, tries| retry_delay(Some(Duration::from_secs(secs)), tries).as_secs();
        assert_eq!((asked(7, 1), asked(0, 1), asked(7, 10)), (7, 10, 7));
        // For days, a second is no time.
        assert_eq!((asked(7, 11), asked(1_000, 11)), (300, 1_000));
        // SQS has counted for twelve minutes already when the time is asked for, at worst.
        assert_eq!(asked(1_000_000, 1) + 720, 43_200);
    }

    #[test]
    fn else_it_doubles_up_to_five_minutes() {
        let delays: Vec<u64> = (0..8).map(|n| retry_delay(None, n).as_secs()).collect();
        assert_eq!(delays, [10, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(retry_delay(None, u32::MAX).as_secs(), 300);
    }
}
