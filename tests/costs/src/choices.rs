use crate::{Bill, Facts, Secrets, Situation};

/// What may be otherwise, by choice or since an assumption is wrong.
pub(crate) struct Choice {
    /// What the page calls it.
    pub(crate) name: &'static str,
    change: fn(&mut Facts, &mut Situation),
}

impl Choice {
    /// How much more a month then costs.
    pub(crate) fn difference(&self, facts: &Facts, situation: &Situation) -> f64 {
        let (mut changed, mut of) = (facts.clone(), *situation);
        (self.change)(&mut changed, &mut of);
        Bill::of(&changed, &of).total() - Bill::of(facts, situation).total()
    }
}

/// The rows of the page's table.
pub(crate) const CHOICES: [Choice; 12] = [
    Choice {
        name: "the dashboard",
        change: |_, situation| situation.dashboard = true,
    },
    Choice {
        name: "metrics of its own for each tenant",
        change: |_, situation| situation.tenant_metrics = true,
    },
    Choice {
        name: "a secret of its own for each tenant",
        change: |_, situation| situation.secrets = Secrets::Own,
    },
    Choice {
        name: "a further output of messages, its records and alarms",
        change: |_, situation| situation.outputs += 1,
    },
    Choice {
        name: "a poll every five minutes",
        change: |facts, _| facts.assumed.ticks_a_day.value /= 5.0,
    },
    Choice {
        name: "320 MB for the poll function, the least that it takes",
        change: |facts, _| facts.measured.stack.poll_memory_mb.count = 320,
    },
    Choice {
        name: "512 MB for the poll function",
        change: |facts, _| facts.measured.stack.poll_memory_mb.count = 512,
    },
    Choice {
        name: "a batch takes a second",
        change: |facts, _| facts.assumed.batch_seconds.value = 1.0,
    },
    Choice {
        name: "Lambda hands over five jobs at once, not ten",
        change: |facts, _| facts.assumed.jobs_per_batch.value /= 2.0,
    },
    Choice {
        name: "polls are spread over three times as many processes",
        change: |facts, _| facts.assumed.processes.value *= 3.0,
    },
    Choice {
        name: "each record is found by a poll of its own",
        change: |facts, situation| {
            facts.assumed.polls_with_records_a_day.value = situation.records_a_day.into();
        },
    },
    Choice {
        name: "the output's reader takes ten records at a time",
        change: |facts, _| facts.assumed.calls_per_record.value /= 10.0,
    },
];
