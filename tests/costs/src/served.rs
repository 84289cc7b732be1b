use crate::{Assumed, Measured, Situation};

/// What the served API does in a month.
pub(crate) struct Served {
    /// Requests of clients that ask once per minute.
    pub(crate) requests: f64,
    /// Segments that are written.
    segments: f64,
    /// Segments that are read: each by each client.
    read: f64,
    /// Hours in which anybody asks.
    hours: f64,
}

impl Served {
    /// Each poll with records writes one segment, and a client reads each of them once, since it
    /// remembers where it was.
    pub(crate) fn of(situation: &Situation, days: f64, polls_with_records: f64) -> Self {
        let clients = f64::from(situation.clients);
        let hours = match situation.clients {
            0 => 0.0,
            _ => days * 24.0,
        };
        Self {
            requests: hours * 60.0 * clients * f64::from(situation.tenants),
            segments: polls_with_records * clients.min(1.0),
            read: polls_with_records * clients,
            hours,
        }
    }

    /// In GB-seconds.
    pub(crate) fn time(&self, measured: &Measured, assumed: &Assumed) -> f64 {
        let gb = measured.stack.serve_memory_mb.number() / 1024.0;
        self.requests * assumed.serve_seconds.value * gb
    }

    pub(crate) fn lists_and_puts(&self, measured: &Measured) -> f64 {
        let of_segment = &measured.serve;
        let written = of_segment.s3_list_to_write.number() + of_segment.s3_put_segment.number();
        self.requests * of_segment.s3_list.number()
            + self.hours * of_segment.s3_list_documents.number()
            + self.segments * written
    }

    pub(crate) fn gets(&self, measured: &Measured) -> f64 {
        self.read * measured.serve.s3_get_segment.number()
    }
}
