use std::time::Duration;

/// SQS hides a message for twelve hours at most.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a record stays hidden before it is delivered again: what the target asked for, else
/// longer after each of `tries`, up to a quarter of an hour.
///
/// After a hundred tries, about a day, it is half an hour: over the 14 days that SQS keeps a
/// message, that is about 720 tries, which `maxReceiveCount` (at most 1,000) has to allow.
#[must_use]
pub fn retry_delay(asked: Option<Duration>, tries: u32) -> Duration {
    const FIRST_SECS: u64 = 30;
    const USUAL_SECS: u64 = 15 * 60;
    const LATE_SECS: u64 = 30 * 60;
    let usual = match tries {
        101.. => LATE_SECS,
        _ => (FIRST_SECS << tries.saturating_sub(1).min(10)).min(USUAL_SECS),
    };
    // "0" would be a hot loop.
    asked
        .filter(|asked| !asked.is_zero())
        .unwrap_or(Duration::from_secs(usual))
        .clamp(Duration::from_secs(1), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_was_asked_for_within_what_sqs_allows() {
        let asked = |secs| retry_delay(Some(Duration::from_secs(secs)), 1).as_secs();
        assert_eq!((asked(7), asked(0), asked(1_000_000)), (7, 30, 43_200));
    }

    #[test]
    fn else_it_doubles_up_to_a_quarter_of_an_hour() {
        let delays: Vec<u64> = (0..8).map(|n| retry_delay(None, n).as_secs()).collect();
        assert_eq!(delays, [30, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(retry_delay(None, u32::MAX).as_secs(), 1800);
    }

    #[test]
    fn a_record_is_tried_for_all_of_the_14_days_and_less_than_a_thousand_times() {
        let (mut waited, mut tries) = (Duration::ZERO, 0);
        while waited < Duration::from_secs(14 * 24 * 60 * 60) {
            tries += 1;
            waited += retry_delay(None, tries);
        }
        assert!((500..900).contains(&tries), "{tries}");
    }
}
