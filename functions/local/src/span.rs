use jiff::Timestamp;

/// A length of time in words: its two largest units.
pub(crate) fn span(secs: i64) -> String {
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let largest = units
        .iter()
        .position(|(_, unit)| secs >= *unit)
        .unwrap_or(3);
    let mut left = secs.max(0);
    let mut words = Vec::new();
    for (name, unit) in units.iter().skip(largest).take(2) {
        let count = left / unit;
        left %= unit;
        if count > 0 || words.is_empty() {
            words.push(format!("{count} {name}"));
        }
    }
    words.join(" ")
}

/// How long ago something was; "never" where it never was. A time ahead was noted by a clock that is
/// wrong, or this one is.
pub(crate) fn ago(time: Option<Timestamp>, now: Timestamp) -> String {
    let Some(time) = time else {
        return "never".to_owned();
    };
    match now.duration_since(time).as_secs() {
        ahead @ ..0 => format!("{} in the future", span(-ahead)),
        secs => format!("{} ago", span(secs)),
    }
}

#[cfg(test)]
mod tests {
    use super::{ago, span};

    #[test]
    fn a_time_ahead_is_told_as_such() {
        let at = |secs| jiff::Timestamp::from_second(secs).unwrap();
        assert_eq!(ago(Some(at(7300)), at(100)), "2 h in the future");
        assert_eq!(ago(Some(at(100)), at(7300)), "2 h ago");
        assert_eq!(ago(None, at(0)), "never");
    }

    #[test]
    fn the_two_largest_units_are_told() {
        for (secs, told) in [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3725, "1 h 2 min"),
            (86_400, "1 d"),
            (200_000, "2 d 7 h"),
        ] {
            assert_eq!(span(secs), told);
        }
    }
}
