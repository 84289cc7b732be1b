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
pub(crate) const CHOICES: [Choice; 15] = [
    Choice {
        name: "the dashboard",
        change: |_, situation| situation.dashboard = true,
    },
    Choice {
        name: "metrics per tenant",
        change: |_, situation| situation.tenant_metrics = true,
    },
    Choice {
        name: "one secret per tenant",
        change: |_, situation| situation.secrets = Secrets::Own,
    },
    Choice {
        name: "another output of messages, with its records and alarms",
        change: |_, situation| situation.outputs += 1,
    },
    Choice {
        name: "a served output per tenant, with one client that asks every minute",
        change: |_, situation| situation.clients = 1,
    },
    Choice {
        name: "a poll every five minutes",
        change: |facts, _| facts.assumed.ticks_a_day.value /= 5.0,
    },
    Choice {
        name: "384 MB for the poll function",
        change: |facts, _| facts.measured.stack.poll_memory_mb.count = 384,
    },
    Choice {
        name: "512 MB for the poll function",
        change: |facts, _| facts.measured.stack.poll_memory_mb.count = 512,
    },
    Choice {
        name: "an idle batch takes a second, not half of one",
        change: |facts, _| facts.assumed.batch_seconds.value = 1.0,
    },
    Choice {
        name: "a sign-in takes a second, not a quarter of one",
        change: |facts, _| facts.assumed.sign_in_seconds.value = 1.0,
    },
    Choice {
        name: "Lambda hands over five jobs at a time, not ten",
        change: |facts, _| facts.assumed.jobs_per_batch.value /= 2.0,
    },
    Choice {
        name: "Lambda keeps 20 pollers, not five",
        change: |facts, _| facts.assumed.pollers.value = 20.0,
    },
    Choice {
        name: "three times as many processes share the polls",
        change: |facts, _| facts.assumed.processes.value *= 3.0,
    },
    Choice {
        name: "every record is found by a separate poll",
        change: |facts, situation| {
            facts.assumed.polls_with_records_a_day.value = situation.records_a_day.into();
        },
    },
    Choice {
        name: "the output's reader takes ten records per call",
        change: |facts, _| facts.assumed.calls_per_record.value /= 10.0,
    },
];
