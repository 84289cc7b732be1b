use jiff::{SignedDuration, Timestamp};

use crate::random::Random;

/// Graph's own times are those of a database whose clock ticks 300 times a second, as the samples
/// of its documentation show: `…22.9566667Z`, `…44.51Z`, `…33.1Z`.
const TICKS_PER_SECOND: i128 = 300;
/// No time of Graph's has more than seven fractional digits.
const DIGITS_PER_SECOND: i128 = 10_000_000;
const NANOS_OF_A_DIGIT: i128 = 100;

/// The last tick of the service's clock that is not after `time`, to seven fractional digits.
pub(crate) fn service_tick(time: Timestamp) -> Timestamp {
    // What is rounded up then stays below `time`.
    let digits = time.as_nanosecond().div_euclid(NANOS_OF_A_DIGIT);
    let ticks = (digits * TICKS_PER_SECOND).div_euclid(DIGITS_PER_SECOND);
    let half = TICKS_PER_SECOND / 2;
    let rounded = (ticks * DIGITS_PER_SECOND + half).div_euclid(TICKS_PER_SECOND);
    Timestamp::from_nanosecond(rounded * NANOS_OF_A_DIGIT).unwrap_or(time)
}

/// A time of the service's clock that lies within a window, if there is one near `time`.
pub(crate) fn service_time(time: Timestamp, from: Timestamp, to: Timestamp) -> Timestamp {
    let tick = SignedDuration::from_micros(3_334);
    let near = [time, time + tick].map(service_tick);
    let within = near.into_iter().find(|near| (from..to).contains(near));
    within.unwrap_or(time)
}

/// What a sensor may have measured in: seven fractional digits, six, three, none.
const PRECISIONS: [i128; 4] = [100, 1_000, 1_000_000, 1_000_000_000];

/// A sensor's time up to `within_secs` before `latest`. It follows the sensor's clock and not the
/// service's, so it lies on no grid.
pub(crate) fn sensor_time(random: &mut Random, latest: Timestamp, within_secs: u64) -> Timestamp {
    let precision = *random.pick(&PRECISIONS);
    let time = before(random, latest, within_secs).as_nanosecond();
    let measured = time.div_euclid(precision) * precision;
    Timestamp::from_nanosecond(measured).unwrap_or(latest)
}

/// A time up to `within_secs` before `latest`.
pub(crate) fn before(random: &mut Random, latest: Timestamp, within_secs: u64) -> Timestamp {
    let digits = random.below(within_secs * 10_000_000);
    latest - SignedDuration::from_nanos(i64::try_from(digits * 100).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_written_as_graph_writes_them() {
        for (time, written) in [
            (
                "2026-01-22T12:09:22.9566667Z",
                "2026-01-22T12:09:22.9566667Z",
            ),
            ("2026-01-22T12:09:22.9599Z", "2026-01-22T12:09:22.9566667Z"),
            ("2026-01-22T12:09:23.1449Z", "2026-01-22T12:09:23.1433333Z"),
            ("2026-01-22T12:09:44.513Z", "2026-01-22T12:09:44.51Z"),
            ("2026-02-25T16:29:33.1Z", "2026-02-25T16:29:33.1Z"),
            ("2026-02-25T16:29:24.003Z", "2026-02-25T16:29:24Z"),
            ("1969-12-31T23:59:59.5049Z", "1969-12-31T23:59:59.5033333Z"),
        ] {
            let tick = service_tick(time.parse().unwrap());
            assert_eq!(tick.to_string(), written, "{time}");
        }
    }

    #[test]
    fn a_tick_is_never_after_its_time() {
        let start: Timestamp = "2026-01-22T12:09:22Z".parse().unwrap();
        for micros in 0..20_000 {
            let time = start + SignedDuration::from_micros(micros);
            assert!(service_tick(time) <= time, "{time}");
        }
    }
}
