//! Schedules that once broke a property, kept whatever the number of schedules that are run.

use drawbridge_schedules::{Kind, Kinds, simulate};

/// Requires that these schedules, without some kinds, break no property.
fn break_nothing(seeds: &[u64], without: Kinds) {
    for seed in seeds {
        let findings = simulate(*seed, without).findings;
        assert!(
            findings.broken.is_empty(),
            "seed {seed}: {:#?}",
            findings.broken
        );
    }
}

/// A poll that failed in the middle of a page kept what it had claimed and not sent; an alert whose
/// quarantine failed was taken for put aside; a long window was read once only, and lost the row
/// behind one that had left; a window that no poll had the time for held up the live polls.
///
/// And the second reading began at the watermark, as if all before it had been visible (8008) and
/// read (26137) by then: a row that turned up late, or that lay in an owed window, was lost when it
/// slipped over a page boundary in the one poll that read it.
const FIXED: [u64; 12] = [2, 13, 15, 85, 94, 101, 139, 207, 233, 437, 8008, 26137];

#[test]
fn what_was_mended_stays_mended() {
    // They are from before schedules had these.
    let later = Kinds::NONE
        .with(Kind::VeryLate)
        .with(Kind::Neighbours)
        .with(Kind::LateEvidence);
    break_nothing(&FIXED, later);
}

/// Beside a page that failed for ever there was always something left of an earlier sweep, and so
/// no sweep was made any more: what turned up hours late was lost.
const SWEPT: [u64; 11] = [
    1225, 5635, 6414, 6421, 11229, 26438, 45773, 62573, 84178, 84802, 85571,
];

#[test]
fn what_is_left_of_a_sweep_does_not_keep_the_next_from_being_made() {
    break_nothing(&SWEPT, Kinds::NONE.with(Kind::LateEvidence));
}

/// A backfill was done with a day of which Graph counted alerts and listed none (726, 2338, 5168), or
/// whose count was throttled (3114) or out of time (3186). And a version that was set back to what
/// had been written was known for written, so that nothing followed what a replica showed late (2047).
const LATEST: [u64; 6] = [726, 2047, 2338, 3114, 3186, 5168];

#[test]
fn a_backfill_is_read_until_graph_lists_what_it_counts_and_the_newest_version_comes_last() {
    break_nothing(&LATEST, Kinds::NONE);
}

/// A list that was cut off behind alerts that were known was taken for all there is (23293), and an
/// empty one for all of a first poll's window that is too old for the hourly sweep. The watermark passed an
/// alert behind twenty that were known, as the state is saved once an hour (1737).
const UNCOUNTED: [u64; 5] = [1737, 23293, 29293, 41079, 42484];

#[test]
fn what_no_sweep_reads_soon_is_counted() {
    break_nothing(&UNCOUNTED, Kinds::NONE);
}

/// A backfill read each page of a day once: an alert that changed meanwhile left the day, and the row behind it slipped
/// into the page that had been read. Graph's count agreed with the list.
const SHIFTED: [u64; 1] = [8_001_942];

#[test]
fn a_row_that_shifts_while_a_backfill_reads_is_found() {
    break_nothing(&SHIFTED, Kinds::NONE);
}

/// A gap was replayed after a poll had put it aside and before it saved that: the window was still unread, and then the
/// poll took it out.
const REPLAYED_TOO_SOON: [u64; 1] = [10_009_560];

#[test]
fn a_gap_that_is_replayed_before_its_poll_has_saved_is_read() {
    break_nothing(&REPLAYED_TOO_SOON, Kinds::NONE);
}

/// A first poll's list that was cut off was taken for all there is when the question how many there are
/// failed, too.
const NOT_COUNTED: [u64; 1] = [361387];

#[test]
fn what_is_listed_of_old_alerts_is_not_all_there_is_until_graph_counts_it() {
    break_nothing(&NOT_COUNTED, Kinds::NONE);
}

/// These were lost because the schedule ended before the daily sweep, which alone finds what is a day late:
/// an alert that was hours late went back in time by more hours, or a tenant whose process dies all the
/// time used up the polls (52747).
const A_DAY_LATE: [u64; 6] = [208953, 333193, 210708, 353406, 170091, 52747];

#[test]
fn what_is_a_day_late_has_a_daily_sweep() {
    break_nothing(&A_DAY_LATE, Kinds::NONE);
}

/// A poll that ended in the millisecond in which the next one was given its job was taken for the next one.
const SAME_MILLISECOND: [u64; 2] = [1101089, 1119437];

#[test]
fn a_job_whose_poll_died_is_not_done_by_the_one_before() {
    break_nothing(&SAME_MILLISECOND, Kinds::NONE);
}

/// Beside a page that failed, dozens of alerts of one instant were read in ever smaller pages, and in the
/// end one by one, for which no poll had the time; also when nothing failed any more.
const WHOLE_PAGES: [u64; 4] = [1001820, 1009562, 1019693, 1027185];

#[test]
fn what_took_too_long_in_small_pages_is_read_in_whole_ones_when_nothing_fails_any_more() {
    break_nothing(&WHOLE_PAGES, Kinds::NONE);
}

/// A record was called late that an alert had called for during six seconds, and then again some minutes later, or
/// again only if no other record showed the same (12061077).
const FOR_A_MOMENT: [u64; 2] = [505564, 12_061_077];

#[test]
fn what_was_on_an_alert_for_a_moment_is_not_late_when_it_comes_back() {
    break_nothing(&FOR_A_MOMENT, Kinds::NONE);
}

/// A record was called late that only a sweep finds, where one alert of the same day fails each page that it is on:
/// the polls that halved the day down to that alert were ten minutes apart.
const HALVED_FIRST: [u64; 1] = [11_010_906];

#[test]
fn what_a_sweep_finds_beside_an_alert_that_fails_may_wait_until_that_is_found() {
    break_nothing(&HALVED_FIRST, Kinds::NONE);
}

/// A tenant whose process had died with another tenant's poll waited behind that one in each batch, and there was
/// never any time left.
const NO_TIME_LEFT: [u64; 1] = [11_031_277];

#[test]
fn a_suspect_does_not_wait_for_ever_behind_a_tenant_with_work_for_all_of_the_time() {
    break_nothing(&NO_TIME_LEFT, Kinds::NONE);
}

/// A short list of which Graph had counted more was taken to be all when the next question for the number failed.
const COUNTED_BEFORE: [u64; 1] = [12_057_662];

#[test]
fn what_lacked_alerts_when_it_was_counted_is_not_all_because_counting_fails() {
    break_nothing(&COUNTED_BEFORE, Kinds::NONE);
}

/// Alerts behind the row at which lists were cut off had not come when the schedule ended, an hour before the sweep
/// that finds them.
const ENDED_TOO_EARLY: [u64; 2] = [12_048_041, 17_001_529];

#[test]
fn a_schedule_with_lists_that_are_cut_off_lasts_until_a_sweep() {
    break_nothing(&ENDED_TOO_EARLY, Kinds::NONE);
}

/// The second reading of a backfill waited for a day, since a clock had been eight days ahead: the schedule ended before
/// it.
const ENDED_BEFORE_A_SECOND_READING: [u64; 1] = [24_006_499];

#[test]
fn a_schedule_with_a_clock_that_was_ahead_lasts_until_the_second_reading_of_a_backfill() {
    break_nothing(&ENDED_BEFORE_A_SECOND_READING, Kinds::NONE);
}

/// Beside a part that failed for good, each sweep took a short list of known alerts for all there is: an alert was hidden
/// behind them for as long.
const UNCOUNTED_BESIDE_A_FAILURE: [u64; 2] = [25_035_823, 25_038_288];

#[test]
fn a_sweep_counts_what_it_lists_beside_a_failure() {
    break_nothing(&UNCOUNTED_BESIDE_A_FAILURE, Kinds::NONE);
}

/// A list that an old replica cut off and a number that a new one gave were the same: an alert of a short list was
/// lost, which was read once only.
const READ_ONCE: [u64; 1] = [19_012_883];

#[test]
fn a_backfill_reads_short_lists_twice_too() {
    break_nothing(&READ_ONCE, Kinds::NONE);
}

/// Each poll read again what had taken all of the time of the last one: the watermark waited for a count that is made
/// once an hour where nothing is new.
const WATERMARK_WAITS: [u64; 1] = [21_001_500];

#[test]
fn a_watermark_does_not_wait_for_a_count_after_a_poll_that_left_something() {
    break_nothing(&WATERMARK_WAITS, Kinds::NONE);
}

/// A version went to quarantine in a poll that failed then, and its claim was released: the next version said what was
/// written before, and was taken for no change. So the newest version was the one in quarantine.
const SET_BACK_AFTER_QUARANTINE: [u64; 1] = [26_051_638];

#[test]
fn what_is_set_back_is_written_after_what_a_poll_that_failed_has_quarantined() {
    break_nothing(&SET_BACK_AFTER_QUARANTINE, Kinds::NONE);
}

/// A record was called late that only a sweep finds, where Graph is slow and pages have two alerts each: in the 30 seconds
/// of a poll, the hourly sweep and what was left of the daily one read a dozen alerts, and polls were half an hour apart.
const SWEPT_IN_MANY_POLLS: [u64; 1] = [27_074_039];

#[test]
fn what_a_sweep_finds_may_wait_until_polls_had_the_time_for_all_that_sweeps_list() {
    break_nothing(&SWEPT_IN_MANY_POLLS, Kinds::NONE);
}

/// An old version was taken for the newest one in quarantine, where only polls had put it that did not save: a queue could
/// not be flushed at their end. The alert was set back before the next poll that saved, to which it had not changed.
const SET_BACK_BEFORE_A_SAVE: [u64; 1] = [27_206_930];

#[test]
fn what_a_poll_has_quarantined_that_did_not_save_is_not_followed_by_what_is_set_back() {
    break_nothing(&SET_BACK_BEFORE_A_SAVE, Kinds::NONE);
}

/// A record was called late that a sweep had put into quarantine in time, in one window with an alert that fails for good.
/// Hours later, another sweep cut its windows between the two.
const IN_QUARANTINE_IN_TIME: [u64; 1] = [26_033_330];

#[test]
fn what_was_quarantined_in_time_is_not_late_when_it_is_read_after_all() {
    break_nothing(&IN_QUARANTINE_IN_TIME, Kinds::NONE);
}

/// Sweeps that outlasted their time began again, where alerts cluster and pages are small (700044056); and
/// the watermark stood still beside a page that failed (1005001).
const NAMED: [u64; 2] = [700044056, 1005001];

#[test]
fn the_seeds_that_are_named_elsewhere_break_nothing() {
    break_nothing(&NAMED, Kinds::NONE);
}
