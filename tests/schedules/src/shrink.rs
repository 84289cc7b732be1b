//! Makes a schedule that breaks a property as small as can be.

use std::collections::BTreeSet;

use crate::{Kind, Kinds, Schedule, Without, simulate};

/// What the schedule of `seed` can do without and still break a property: whole kinds of fault
/// first, then alerts, episodes and deaths.
#[must_use]
pub fn shrink(seed: u64) -> Without {
    let fails = |without: &Without| !simulate(seed, without.clone()).findings.broken.is_empty();
    shrink_by(seed, fails)
}

fn shrink_by(seed: u64, fails: impl Fn(&Without) -> bool) -> Without {
    let mut off = Without::default();
    for kind in Kind::ALL {
        let fewer = Without::from(off.kinds.with(kind));
        if fails(&fewer) {
            off = fewer;
        }
    }
    let schedule = Schedule::new(seed, &Without::from(Kinds::NONE));
    // The last alert tells whether the stream still flows.
    let parts: [(usize, Part); 3] = [
        (schedule.probe(), |without| &mut without.alerts),
        (schedule.episodes.len(), |without| &mut without.episodes),
        (schedule.deaths.len(), |without| &mut without.deaths),
    ];
    for (count, part) in parts {
        leave_out(&mut off, count, part, &fails);
    }
    off
}

type Part = fn(&mut Without) -> &mut BTreeSet<usize>;

/// Leaves out as many of `count` things as it can: half of them at once, then ever fewer.
fn leave_out(off: &mut Without, count: usize, part: Part, fails: &impl Fn(&Without) -> bool) {
    let mut size = count.div_ceil(2);
    while size > 0 {
        for first in (0..count).step_by(size) {
            let chunk = first..(first + size).min(count);
            if chunk.clone().all(|n| part(off).contains(&n)) {
                continue;
            }
            let mut fewer = off.clone();
            part(&mut fewer).extend(chunk);
            if fails(&fewer) {
                *off = fewer;
            }
        }
        size /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_it_takes() {
        // As if one kind, two alerts and no episode at all made the property break.
        let fails = |without: &Without| {
            let left = |n| !without.alerts.contains(&n);
            !without.kinds.has(Kind::Late) && left(1) && left(3)
        };
        let off = shrink_by(0, fails);
        let count = Schedule::new(0, &Without::default()).probe();
        assert!(count > 4);
        let kept: Vec<usize> = (0..count).filter(|n| !off.alerts.contains(n)).collect();
        assert_eq!(kept, [1, 3]);
        assert_eq!(off.kinds.iter().count(), Kind::ALL.len() - 1);
        assert!(Without::parse(&off.text()) == Ok(off));
    }
}
