use jiff::{SignedDuration, Timestamp};
use rangemap::RangeSet;
use serde::{Deserialize, Serialize};

/// Graph keeps time in ticks of 100 ns; a finer bound would be rounded by the server.
const TICK_NANOS: i128 = 100;

/// A closed stretch of `lastUpdateDateTime`: `from` is in it, `to` is not.
///
/// Both ends lie on Graph's 100 ns ticks, so that what is sent in a filter is what was meant.
/// A window is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct Window {
    from: Timestamp,
    to: Timestamp,
}

/// The wire form of a [`Window`]: two RFC 3339 times.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    from: Timestamp,
    to: Timestamp,
}

impl Window {
    /// The window from `from` up to, and without, `to`; `None` when nothing lies between them.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        let (from, to) = (on_tick(from), on_tick(to));
        (from < to).then_some(Self { from, to })
    }

    /// The first instant that belongs to the window.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// The first instant after the window.
    #[must_use]
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// The length in milliseconds, rounded down.
    #[must_use]
    pub fn millis(&self) -> u64 {
        let millis = self.to.as_millisecond() - self.from.as_millisecond();
        u64::try_from(millis).unwrap_or(0)
    }

    /// What both have in common.
    #[must_use]
    pub fn intersection(&self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// The parts of it that lie in none of `others`.
    #[must_use]
    pub fn without(&self, others: &[Self]) -> Vec<Self> {
        let taken: RangeSet<Timestamp> = others.iter().map(Self::bounds).collect();
        let bounds = self.bounds();
        let gaps = taken.gaps(&bounds);
        gaps.filter_map(|gap| Self::new(gap.start, gap.end))
            .collect()
    }

    pub(crate) fn bounds(&self) -> std::ops::Range<Timestamp> {
        self.from..self.to
    }

    /// The earlier and the later half; `None` when the window is no longer than `smallest_ms`.
    #[must_use]
    pub fn halves(&self, smallest_ms: u64) -> Option<[Self; 2]> {
        if self.millis() <= smallest_ms {
            return None;
        }
        // In 128 bits: a window of six centuries has more nanoseconds than 64 bits hold.
        let (from, to) = (self.from.as_nanosecond(), self.to.as_nanosecond());
        let middle = Timestamp::from_nanosecond(from + (to - from) / 2).ok()?;
        Some([
            Self::new(self.from, middle)?,
            Self::new(on_tick(middle), self.to)?,
        ])
    }
}

impl TryFrom<Bounds> for Window {
    type Error = &'static str;

    fn try_from(bounds: Bounds) -> Result<Self, Self::Error> {
        Self::new(bounds.from, bounds.to).ok_or("a window must end after it starts")
    }
}

impl From<Window> for Bounds {
    fn from(window: Window) -> Self {
        Self {
            from: window.from,
            to: window.to,
        }
    }
}

/// The tick at or before `time`.
fn on_tick(time: Timestamp) -> Timestamp {
    let nanos = time.as_nanosecond();
    Timestamp::from_nanosecond(nanos - nanos.rem_euclid(TICK_NANOS)).unwrap_or(time)
}

/// So many seconds before a time.
pub(crate) fn after(time: Timestamp, secs: u32) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(i64::from(secs)))
        .unwrap_or(Timestamp::MAX)
}

/// `secs` before `time`.
pub(crate) fn before(time: Timestamp, secs: u32) -> Timestamp {
    time.checked_sub(SignedDuration::from_secs(i64::from(secs)))
        .unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_are_cut_to_graphs_ticks() {
        let window = Window::new(
            at("2026-01-01T00:00:00.000000199Z"),
            at("2026-01-01T00:00:01Z"),
        )
        .unwrap();
        assert_eq!(window.from(), at("2026-01-01T00:00:00.0000001Z"));
    }

    #[test]
    fn an_empty_window_is_none() {
        let time = at("2026-01-01T00:00:00Z");
        assert_eq!(Window::new(time, time), None);
        assert!(
            serde_json::from_str::<Window>(
                r#"{"from":"2026-01-01T00:00:01Z","to":"2026-01-01T00:00:00Z"}"#
            )
            .is_err()
        );
    }

    #[test]
    fn what_is_taken_out_leaves_the_parts_beside_it() {
        let window = |from: i64, to: i64| {
            let at = |second| Timestamp::from_second(second).unwrap();
            Window::new(at(from), at(to)).unwrap()
        };
        let left = window(0, 10).without(&[window(2, 3), window(8, 20)]);
        assert_eq!(left, [window(0, 2), window(3, 8)]);
    }

    #[test]
    fn the_smallest_window_is_not_split() {
        let window =
            Window::new(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00.010Z")).unwrap();
        assert_eq!(window.halves(10), None);
    }

    #[test]
    fn the_whole_of_time_has_halves() {
        let window = Window::new(Timestamp::MIN, Timestamp::MAX).unwrap();
        let [early, late] = window.halves(10).unwrap();
        assert_eq!(early.to(), late.from());
        assert!(early.millis().abs_diff(late.millis()) <= 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn halves_cover_the_window_without_overlap(start in 0i64..4_000_000_000_000, span in 2i64..400_000_000_000) {
            let window = Window::new(
                Timestamp::from_microsecond(start).unwrap(),
                Timestamp::from_microsecond(start + span).unwrap(),
            ).unwrap();
            if let Some([early, late]) = window.halves(1) {
                prop_assert_eq!(early.from(), window.from());
                prop_assert_eq!(early.to(), late.from());
                prop_assert_eq!(late.to(), window.to());
            } else {
                prop_assert!(window.millis() <= 1);
            }
        }
    }
}
