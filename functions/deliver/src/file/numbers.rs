//! In which order rotated files are sent, and which numbers are missing.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::SystemTime;

use super::rotated::Rotated;

/// Puts files in the order in which they were written: that of their numbers if each is there once and the
/// times do not say otherwise, else that of the times.
pub(super) fn oldest_first<T>(files: &mut [T], rotated: impl Fn(&T) -> &Rotated) {
    let all: Vec<&Rotated> = files.iter().map(&rotated).collect();
    let are_numbers = all.iter().all(|one| one.age.number().is_some());
    if are_numbers && numbered(&all).is_some_and(|numbered| !goes_up(&numbered)) {
        files.sort_by_key(|one| Reverse(rotated(one).age.number()));
        return;
    }
    files.sort_by(|one, other| {
        let [one, other] = [rotated(one), rotated(other)];
        let key = |one: &Rotated| (one.modified, Reverse(one.age.number()));
        let key = key(one).cmp(&key(other));
        key.then_with(|| one.age.date().cmp(&other.age.date()))
    });
}

/// The numbers and times of those that have a number, the least one first, if each is there once.
fn numbered(all: &[&Rotated]) -> Option<Vec<(u32, SystemTime)>> {
    let numbers = all.iter();
    let mut numbers: Vec<(u32, SystemTime)> = numbers
        .filter_map(|one| Some((one.age.number()?, one.modified)))
        .collect();
    numbers.sort_unstable();
    let mut known = HashSet::new();
    let is_each_there_once = numbers.iter().all(|(number, _)| known.insert(*number));
    is_each_there_once.then_some(numbers)
}

/// Whether a greater number is younger: some count upwards.
fn goes_up(numbered: &[(u32, SystemTime)]) -> bool {
    numbered.windows(2).any(|two| two[0].1 < two[1].1)
}

/// The least number, if the times say that numbers go down.
pub(super) fn least_number(all: &[&Rotated]) -> Option<u32> {
    let numbered = numbered(all)?;
    let goes_down = numbered.windows(2).any(|two| two[0].1 > two[1].1);
    (goes_down && !goes_up(&numbered)).then(|| numbered[0].0)
}

/// The numbers that are missing of those that were rotated after `last`. Where numbers go down, there is one of each
/// below its own, down to the least that was ever there.
pub(super) fn missing(all: &[&Rotated], last: &Rotated, least: Option<u32>) -> Vec<u32> {
    let numbered = numbered(all).filter(|numbered| !goes_up(numbered));
    let (Some(numbered), Some(of_last)) = (numbered, last.age.number()) else {
        return Vec::new();
    };
    let first = numbered.first().map(|(number, _)| *number);
    let least = least.into_iter().chain(first).min().unwrap_or(of_last);
    let is_there = |due: &u32| numbered.iter().any(|(number, _)| number == due);
    (least..of_last).filter(|due| !is_there(due)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn rotated(name: &str, secs: u64) -> Rotated {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        Rotated::new("siem.ndjson".as_ref(), name.into(), modified)
    }

    fn all(names: &[(&str, u64)]) -> Vec<Rotated> {
        let all = names.iter();
        all.map(|(name, secs)| rotated(name, *secs)).collect()
    }

    fn sorted(names: &[(&str, u64)]) -> Vec<String> {
        let mut all = all(names);
        oldest_first(&mut all, |one| one);
        let names = all.into_iter();
        names.map(|one| one.name.into_string().unwrap()).collect()
    }

    /// What is missing of those that came after the first one.
    fn missing_of(names: &[(&str, u64)], least: Option<u32>) -> Option<u32> {
        let all = all(names);
        let all: Vec<&Rotated> = all.iter().collect();
        let least = [least, least_number(&all)].into_iter().flatten().min();
        missing(&all, all[0], least).first().copied()
    }

    #[test]
    fn numbers_go_down_and_tell_the_order_before_the_times_do() {
        let all = [
            ("siem.ndjson.2.gz", 9),
            ("siem.ndjson.10.gz", 8),
            ("siem.ndjson.1", 9),
        ];
        assert_eq!(sorted(&all), [all[1].0, all[0].0, all[2].0]);
    }

    /// `.1.gz` and `.2.gz` stay when logrotate packs no more; others count upwards.
    #[test]
    fn where_numbers_do_not_tell_the_time_of_the_last_change_does() {
        for all in [
            &[
                ("siem.ndjson.2.gz", 1),
                ("siem.ndjson.1.gz", 2),
                ("siem.ndjson.2", 3),
                ("siem.ndjson.1", 4),
            ][..],
            &[
                ("siem.ndjson.1", 1),
                ("siem.ndjson.2", 2),
                ("siem.ndjson.3", 3),
            ],
            &[
                ("siem.ndjson.3", 1),
                ("siem.ndjson-30112026", 2),
                ("siem.ndjson-01122026", 3),
                ("siem.ndjson-2026-12-02", 4),
                ("siem.ndjson-1796004630.gz", 5),
                ("siem.ndjson.old", 6),
            ],
        ] {
            let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
            let reversed: Vec<(&str, u64)> = all.iter().rev().copied().collect();
            assert_eq!(sorted(&reversed), names);
        }
    }

    #[test]
    fn what_is_as_young_comes_in_the_order_of_the_names() {
        let all = [
            ("siem.ndjson.1", 7),
            ("siem.ndjson.2", 7),
            ("siem.ndjson-20260102", 6),
            ("siem.ndjson-20260101", 6),
        ];
        assert_eq!(sorted(&all), [all[3].0, all[2].0, all[1].0, all[0].0]);
    }

    #[test]
    fn a_number_is_missing_between_others_or_below_the_least_that_was_there() {
        let (three, one) = (("siem.ndjson.3", 1), ("siem.ndjson.1.gz", 3));
        assert_eq!(missing_of(&[three, one], None), Some(2));
        let two = ("siem.ndjson.2", 2);
        assert_eq!(missing_of(&[three, two, one], None), None);
        assert_eq!(missing_of(&[two], Some(1)), Some(1));
        assert_eq!(missing_of(&[one, three], None), None);
    }

    /// `start 5` and `start 0`, and numbers that go up, of which the oldest were removed.
    #[test]
    fn other_ways_to_count_miss_nothing() {
        let from_five = [("siem.ndjson.6", 1), ("siem.ndjson.5", 2)];
        assert_eq!(missing_of(&from_five, Some(5)), None);
        assert_eq!(missing_of(&from_five[..1], None), None);
        let from_zero = [("siem.ndjson.1", 1), ("siem.ndjson.0", 2)];
        assert_eq!(missing_of(&from_zero, None), None);
        let upwards = [("siem.ndjson.7", 1), ("siem.ndjson.9", 3)];
        assert_eq!(missing_of(&upwards, Some(1)), None);
        // A number that is there twice tells nothing.
        let twice = [
            ("siem.ndjson.3", 1),
            ("siem.3.ndjson", 2),
            ("siem.ndjson.1", 3),
        ];
        assert_eq!(missing_of(&twice, Some(1)), None);
    }
}
