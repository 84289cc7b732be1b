//! What a comparison takes of memory does not grow with its files.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::io::Read;

use drawbridge_compare::{Comparison, Which};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How much is sorted in memory.
const RUN_BYTES: usize = 1 << 19;

/// Two sides have a run each, and again one each of what no id matched; a run grows by doubling, so that
/// it may take twice as much, and three times while it grows. What is left is for the readers of runs,
/// an alert, and the report.
const BOUND: usize = 12 * RUN_BYTES + (8 << 20);

/// Records, made as they are read. Of `side`, one in a hundred has an id of its own.
struct Export {
    side: &'static str,
    next: u64,
    end: u64,
    line: Vec<u8>,
}

impl Read for Export {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.line.is_empty() && self.next < self.end {
            // In another order than that of their ids.
            let n = self.next * 7919 % self.end;
            self.next += 1;
            let id = if n.is_multiple_of(100) { self.side } else { "" };
            let line = format!(
                "{{\"AlertId\":\"da{n:012}_1{id}\",\"AlertTitle\":\"T\",\"AlertTime\":\"2023-04-05T06:07:08Z\",\
                 \"IoaDefinitionId\":\"d{n}\",\"MachineName\":\"ws\",\"Severity\":\"High\",\"Sha1\":\"{n:040x}\",\
                 \"Description\":\"{}\"}}\n",
                "A description of some length. ".repeat(3)
            );
            self.line = line.into_bytes();
        }
        let length = self.line.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

fn peak(records: u64) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let mut comparison = Comparison::with_memory(RUN_BYTES);
    for (which, side) in [(Which::Old, "_a"), (Which::New, "_b")] {
        let export = Export {
            side,
            next: 0,
            end: records,
            line: Vec::new(),
        };
        comparison.read(which, side, export).unwrap();
    }
    let report = comparison.report().unwrap();
    assert_eq!(report.alerts.by_id, records - records / 100);
    assert_eq!(report.alerts.by_detector_device_time, records / 100);
    MEMORY.peak_usage() - before
}

/// One test, because the allocator counts for the whole process. 50,000 records are 17 MB a side, and more than
/// 30 times what is sorted in memory; a million of 2.5 KB a side are 80 of the runs of
/// 32 MiB that the command makes; 64 of them are merged into one.
#[test]
fn memory_is_bounded() {
    let peaks = [5_000, 50_000].map(peak);
    println!("{peaks:?} of {BOUND}");
    assert!(peaks[1] <= BOUND, "{peaks:?}");
    assert!(peaks[1] <= peaks[0] * 3 / 2 + (1 << 20), "{peaks:?}");
}
