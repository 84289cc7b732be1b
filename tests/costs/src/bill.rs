//! The lines of a month's bill: how much of what, and its price.

use crate::served::Served;
use crate::sign_ins::{SharedPolls, any_of};
use crate::{Assumed, Facts, Measured, Price, Secrets, Situation};

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Lambda, and EventBridge Scheduler, which begins it all.
    Lambda,
    /// The queues.
    Sqs,
    /// The bucket.
    S3,
    /// Logs, metrics, alarms, the dashboard.
    CloudWatch,
    /// The secrets.
    SecretsManager,
}

impl Service {
    /// All, in the order of the page.
    pub const ALL: [Self; 5] = [
        Self::Lambda,
        Self::Sqs,
        Self::S3,
        Self::CloudWatch,
        Self::SecretsManager,
    ];

    /// What the page calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "Lambda",
            Self::Sqs => "SQS",
            Self::S3 => "S3",
            Self::CloudWatch => "CloudWatch",
            Self::SecretsManager => "Secrets Manager",
        }
    }
}

/// So many of something, at a price.
#[derive(Debug, Clone, Copy)]
pub struct Line<'f> {
    /// Whose it is.
    pub service: Service,
    /// What it is.
    pub what: &'static str,
    /// How many in a month.
    pub quantity: f64,
    /// What they cost.
    pub price: &'f Price,
    /// How many of them are free.
    pub free: f64,
}

impl Line<'_> {
    /// What it comes to.
    #[must_use]
    pub fn dollars(&self) -> f64 {
        self.price.of(self.quantity - self.free)
    }
}

/// A month.
#[derive(Debug, Clone)]
pub struct Bill<'f> {
    /// Its lines, each of which every situation has.
    pub lines: Vec<Line<'f>>,
}

impl<'f> Bill<'f> {
    /// The month of a stack.
    #[must_use]
    pub fn of(facts: &'f Facts, situation: &Situation) -> Self {
        let Facts {
            measured,
            assumed,
            prices,
        } = facts;
        let month = Month::of(measured, assumed, situation);
        let mut lines = Vec::new();
        let mut line = |service, what, price, quantity| {
            lines.push(Line {
                service,
                what,
                quantity,
                price,
                free: 0.0,
            });
        };
        let p = prices;
        {
            use Service::Lambda;
            line(Lambda, "timer", &p.schedule, month.ticks);
            line(
                Lambda,
                "`dispatch`, invocations",
                &p.lambda_invocation,
                month.ticks,
            );
            line(
                Lambda,
                "`dispatch`, time (GB-s)",
                &p.lambda_gb_second,
                month.dispatch_time(),
            );
            line(
                Lambda,
                "`poll`, invocations",
                &p.lambda_invocation,
                month.batches,
            );
            line(
                Lambda,
                "`poll`, time (GB-s)",
                &p.lambda_gb_second,
                month.poll_time(),
            );
            line(
                Lambda,
                "`serve`, invocations",
                &p.lambda_invocation,
                month.served.requests,
            );
            line(
                Lambda,
                "`serve`, time (GB-s)",
                &p.lambda_gb_second,
                month.served.time(measured, assumed),
            );
        }
        {
            use Service::Sqs;
            line(
                Sqs,
                "jobs: sent, received, deleted",
                &p.sqs_fifo,
                month.job_calls(),
            );
            line(
                Sqs,
                "jobs: receives of nothing",
                &p.sqs_fifo,
                month.empty_receives(),
            );
            line(
                Sqs,
                "output: records",
                &p.sqs_standard,
                month.record_calls(),
            );
            line(
                Sqs,
                "output: its reader's receives",
                &p.sqs_standard,
                month.reads(),
            );
        }
        {
            use Service::S3;
            line(
                S3,
                "GET: states and their pages",
                &p.s3_get,
                month.state_gets(),
            );
            line(
                S3,
                "GET: documents, the administrator's list",
                &p.s3_get,
                month.document_gets(),
            );
            line(S3, "PUT: states and their pages", &p.s3_put, month.puts());
            line(S3, "LIST: tenants", &p.s3_put, month.lists());
            line(
                S3,
                "LIST and PUT: segments that are served",
                &p.s3_put,
                month.served.lists_and_puts(measured),
            );
            line(S3, "GET: the same", &p.s3_get, month.served.gets(measured));
            line(S3, "storage (GB)", &p.s3_gb, month.stored_gb());
        }
        {
            use Service::CloudWatch;
            line(CloudWatch, "logs, written (GB)", &p.log_gb, month.log_gb());
            line(
                CloudWatch,
                "logs, kept (GB)",
                &p.log_gb_kept,
                month.log_gb_kept(),
            );
            line(CloudWatch, "metrics", &p.metric, month.metrics());
            line(CloudWatch, "alarms", &p.alarm_metric, month.alarm_metrics());
            line(
                CloudWatch,
                "dashboard",
                &p.dashboard,
                f64::from(u8::from(situation.dashboard)),
            );
        }
        {
            use Service::SecretsManager;
            line(SecretsManager, "secrets", &p.secret, month.secrets);
            line(
                SecretsManager,
                "calls",
                &p.secret_call,
                month.secret_calls(),
            );
        }
        if situation.free {
            take_off_what_is_free(&mut lines);
        }
        Self { lines }
    }

    /// What a service comes to.
    #[must_use]
    pub fn of_service(&self, service: Service) -> f64 {
        let lines = self.lines.iter().filter(|line| line.service == service);
        lines.map(Line::dollars).sum()
    }

    /// What it all comes to.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.lines.iter().map(Line::dollars).sum()
    }
}

/// What is free goes to the lines of a group in proportion.
fn take_off_what_is_free(lines: &mut [Line<'_>]) {
    let used: Vec<f64> = lines
        .iter()
        .map(|line| {
            let alike = lines
                .iter()
                .filter(|other| other.price.free_group() == line.price.free_group());
            alike.map(|other| other.quantity).sum()
        })
        .collect();
    for (line, used) in lines.iter_mut().zip(used) {
        if used > 0.0 {
            line.free = line.quantity * (line.price.free / used).min(1.0);
        }
    }
}

/// What a stack does in a month.
struct Month<'f> {
    measured: &'f Measured,
    assumed: &'f Assumed,
    outputs: f64,
    tenant_metrics: bool,
    days: f64,
    ticks: f64,
    tenants: f64,
    /// Invocations of the poll function.
    batches: f64,
    /// Polls that write records.
    polls_with_records: f64,
    records: f64,
    served: Served,
    /// Processes of the poll function at a time.
    processes: f64,
    secrets: f64,
}

impl<'f> Month<'f> {
    fn of(measured: &'f Measured, assumed: &'f Assumed, situation: &Situation) -> Self {
        let days = assumed.days.value;
        let ticks = days * assumed.ticks_a_day.value;
        let tenants = f64::from(situation.tenants);
        let batches_a_tick = (tenants / assumed.jobs_per_batch.value).ceil();
        let has_records = situation.records_a_day > 0;
        let polls_with_records = match has_records {
            true => assumed.polls_with_records_a_day.value * days * tenants,
            false => 0.0,
        };
        Self {
            measured,
            assumed,
            outputs: situation.outputs.into(),
            tenant_metrics: situation.tenant_metrics,
            days,
            ticks,
            tenants,
            batches: ticks * batches_a_tick,
            polls_with_records,
            records: f64::from(situation.records_a_day) * days * tenants,
            served: Served::of(situation, days, polls_with_records),
            processes: batches_a_tick.min(assumed.processes.value),
            secrets: match situation.secrets {
                Secrets::None => 0.0,
                Secrets::Shared => (tenants / assumed.tenants_per_secret.value).ceil(),
                Secrets::Own => tenants,
            },
        }
    }

    fn hours(&self) -> f64 {
        self.days * 24.0
    }

    /// What an idle batch has of something, for each of its polls.
    fn per_poll(&self, of_batch: f64) -> f64 {
        of_batch / self.measured.idle_batch.tenants.number()
    }

    fn dispatch_time(&self) -> f64 {
        let assumed = self.assumed;
        let more = assumed.dispatch_seconds_per_1000.value * self.tenants / 1000.0;
        let gb = self.measured.stack.dispatch_memory_mb.number() / 1024.0;
        self.ticks * (assumed.dispatch_seconds.value + more) * gb
    }

    fn poll_time(&self) -> f64 {
        let assumed = self.assumed;
        let gb = self.measured.stack.poll_memory_mb.number() / 1024.0;
        let records = self.polls_with_records * assumed.record_seconds.value;
        let sweeps = self.batches_with_sweeps() * assumed.sweep_seconds.value;
        let longer = assumed.sign_in_seconds.value - assumed.state_seconds.value;
        let sign_ins = self.batches_with_sign_ins() * longer.max(0.0);
        (self.batches * assumed.batch_seconds.value + records + sweeps + sign_ins) * gb
    }

    fn polls_per_batch(&self) -> f64 {
        self.ticks * self.tenants / self.batches
    }

    /// Those in which any poll sweeps, as the tenants do at minutes of their own: a batch ends with its
    /// slowest poll, and two that sweep take no longer than one.
    fn batches_with_sweeps(&self) -> f64 {
        let sweeps = self.measured.idle_day.sweeps.number() / self.assumed.ticks_a_day.value;
        self.batches * any_of(self.polls_per_batch(), sweeps)
    }

    /// Those in which any poll signs in. The first of a process has more of them, and so others have fewer
    /// than if they were spread evenly, as they are here.
    fn batches_with_sign_ins(&self) -> f64 {
        self.batches * any_of(self.polls_per_batch(), self.sign_ins_per_poll())
    }

    fn sign_ins_per_poll(&self) -> f64 {
        let assumed = self.assumed;
        let ticks_per_minute = assumed.ticks_a_day.value / (24.0 * 60.0);
        let shared = SharedPolls {
            processes: self.processes,
            polls_per_process: assumed.process_hours.value * 60.0 * ticks_per_minute,
            polls_per_token: assumed.token_minutes.value * ticks_per_minute,
        };
        let first = self.per_poll(self.measured.first_batch.entra_token.number());
        let unchanged = self.per_poll(self.measured.idle_batch.entra_token.number());
        shared.signing_in() * first + unchanged
    }

    fn job_calls(&self) -> f64 {
        let sends = (self.tenants / self.measured.dispatch.jobs_per_send.number()).ceil();
        let by_lambda = self.assumed.lambda_calls_per_batch.value;
        let by_function = self.measured.idle_batch.sqs.number();
        self.ticks * sends + self.batches * (by_lambda + by_function)
    }

    fn empty_receives(&self) -> f64 {
        self.assumed.pollers.value * self.receives()
    }

    /// Those of somebody who does nothing else.
    fn receives(&self) -> f64 {
        self.assumed.receives_a_minute.value * 60.0 * self.hours()
    }

    /// Each output has a reader.
    fn reads(&self) -> f64 {
        self.outputs * self.receives()
    }

    /// At least those of the polls that send.
    fn record_calls(&self) -> f64 {
        let sends = self.polls_with_records * self.measured.record.sqs_send.number();
        self.outputs * (self.records * self.assumed.calls_per_record.value).max(sends)
    }

    fn state_gets(&self) -> f64 {
        let idle = self.per_poll(self.measured.idle_batch.s3_get_state.number());
        let more = self.measured.record.s3_get_state.number() - idle;
        let pages = self.measured.busy_day.page_gets.number() * self.busy_days();
        self.ticks * self.tenants * idle + self.polls_with_records * more + pages
    }

    /// Of each tenant, in each process that Lambda begins; and the administrator's list.
    fn document_gets(&self) -> f64 {
        let unchanged = self.per_poll(self.measured.idle_batch.s3_get_document.number());
        let first = self.per_poll(self.measured.first_batch.s3_get_document.number());
        let begun = self.processes * self.hours() / self.assumed.process_hours.value;
        let lists = self.processes * self.hours() * self.measured.process.s3_get_list.number();
        self.tenants * (self.ticks * unchanged + begun * first) + lists
    }

    fn puts(&self) -> f64 {
        let idle = self.per_poll(self.measured.idle_batch.s3_put.number()) * self.ticks;
        let saves = self.measured.idle_day.saves.number() * self.days;
        let pages = self.measured.busy_day.page_puts.number() * self.busy_days();
        let with_records = self.polls_with_records * self.measured.record.s3_put.number();
        self.tenants * (idle + saves) + with_records + pages
    }

    /// Days of tenants that bring records.
    fn busy_days(&self) -> f64 {
        match self.records > 0.0 {
            true => self.days * self.tenants,
            false => 0.0,
        }
    }

    fn lists(&self) -> f64 {
        let dispatch = &self.measured.dispatch;
        let calls = (self.tenants / dispatch.tenants_per_list.number()).ceil();
        // Measured with a tick per minute. Where ticks are further apart than listings, each of them lists.
        let minutes_per_day = 24.0 * 60.0;
        let minutes_per_tick = minutes_per_day / self.assumed.ticks_a_day.value;
        let minutes_per_list = dispatch.ticks_per_list.number().max(minutes_per_tick);
        self.days * minutes_per_day / minutes_per_list * calls
    }

    fn stored_gb(&self) -> f64 {
        let assumed = self.assumed;
        let saves_a_day = self.measured.idle_day.saves.number()
            + self.polls_with_records / self.days / self.tenants;
        let versions = 1.0 + saves_a_day * assumed.version_days.value;
        let megabytes = match self.records > 0.0 {
            true => versions * assumed.state_mb.value + assumed.pages_mb.value,
            false => versions * assumed.idle_state_mb.value,
        };
        self.tenants * megabytes / 1000.0
    }

    fn log_gb(&self) -> f64 {
        let assumed = self.assumed;
        let of_each = assumed.lambda_log_bytes.value + assumed.log_event_bytes.value;
        let bytes = self.ticks * (assumed.dispatch_log_bytes.value + of_each)
            + self.batches * (self.measured.idle_batch.log_bytes.number() + of_each)
            + self.polls_with_records * assumed.record_log_bytes.value
            + self.served.requests * (assumed.serve_log_bytes.value + of_each);
        bytes / 1e9
    }

    fn log_gb_kept(&self) -> f64 {
        let months = self.assumed.log_days_kept.value / self.days;
        self.log_gb() * months * self.assumed.log_compression.value
    }

    fn metrics(&self) -> f64 {
        let of_tenant = match (self.tenant_metrics, self.records > 0.0) {
            (false, _) => 0.0,
            (true, false) => self.assumed.tenant_metrics.value,
            (true, true) => self.assumed.tenant_metrics_busy.value,
        };
        self.measured.stack.metrics_if_well.number() + self.tenants * of_tenant
    }

    fn alarm_metrics(&self) -> f64 {
        let more = (self.outputs - 1.0) * self.assumed.output_alarms.value;
        self.measured.stack.alarm_metrics.number() + more
    }

    /// In each process, of each secret.
    fn secret_calls(&self) -> f64 {
        let first = self.measured.first_batch.secrets_manager.number();
        let unchanged = self.measured.idle_batch.secrets_manager.number();
        if self.secrets == 0.0 {
            return 0.0;
        }
        let read = self.processes * self.hours() / self.assumed.secret_hours.value;
        self.secrets * read * first + self.batches * unchanged
    }
}

/// What requests to Graph and Entra send out of AWS in a month, in GB: no line of the bill, since an
/// account's first 100 GB are free, and what else leaves it is not ours to know.
#[must_use]
pub fn requests_gb(facts: &Facts, situation: &Situation) -> f64 {
    let month = Month::of(&facts.measured, &facts.assumed, situation);
    let batch = &facts.measured.idle_batch;
    let idle = month.per_poll(batch.graph_list.number());
    let sign_ins = month.sign_ins_per_poll();
    let more = facts.measured.record.graph_list.number() - idle;
    let polls = month.ticks * month.tenants;
    let day = &facts.measured.idle_day;
    let sweeps = month.tenants * month.days * day.sweeps.number();
    let requests = polls * (idle + sign_ins)
        + month.polls_with_records * more
        + sweeps * day.sweep_graph_list.number();
    requests * facts.assumed.request_kb.value / 1e6
}
