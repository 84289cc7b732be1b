//! What is told of a request: who asked, what came of it, how much, and of what window. Never a token,
//! a query or a record.

use std::fmt::Display;

use jiff::SignedDuration;

use crate::query::Window;

/// A client asks from a time that is still to come.
pub(crate) fn far_ahead(request: &str, tenant: &str, client: &str, ahead: SignedDuration) {
    tracing::warn!(
        request,
        tenant,
        client,
        ahead_secs = ahead.as_secs(),
        "a client asks from a time that is still to come, and is given nothing: its clock is wrong, this \
         one's was, or it sends its local time without a zone, and may run with TZ=UTC"
    );
}

/// A request that is answered with records, until its end.
pub(crate) struct Served {
    pub(crate) request: String,
    pub(crate) tenant: String,
    pub(crate) client: String,
    pub(crate) format: String,
    pub(crate) window: Window,
    bytes: usize,
    records: u64,
    is_cut: bool,
    is_complete: bool,
}

impl Served {
    pub(crate) fn new(
        request: &str,
        tenant: &str,
        client: &str,
        format: &str,
        window: Window,
    ) -> Self {
        Self {
            request: request.to_owned(),
            tenant: tenant.to_owned(),
            client: client.to_owned(),
            format: format.to_owned(),
            window,
            bytes: 0,
            records: 0,
            is_cut: false,
            is_complete: false,
        }
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    pub(crate) fn record(&mut self) {
        self.records += 1;
    }

    pub(crate) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    pub(crate) fn complete(&mut self) {
        self.is_complete = true;
    }

    /// The answer ends here, although there is more.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
        tracing::warn!(
            request = self.request,
            tenant = self.tenant,
            client = self.client,
            records = self.records,
            "an answer was cut at its bound: a client that asks from the last time that it saw goes \
             on there, and one that goes by its own clock has to ask for shorter windows"
        );
    }

    /// The answer ends here, although it took longer to read than what is shown can wait.
    pub(crate) fn behind(&self) {
        tracing::warn!(
            request = self.request,
            tenant = self.tenant,
            client = self.client,
            "the store is too slow for an answer to end with what is shown at its end: a client that \
             asks from the last time that it saw goes on there, and one that notes its own clock's time \
             at the end needs serve.lookback_secs in the tenant's document"
        );
    }

    pub(crate) fn broke_off(&self, reason: &dyn Display) {
        let Self {
            request, tenant, ..
        } = self;
        tracing::error!(request, tenant, %reason, "segments could not be read");
    }
}

/// At the end of the answer, or when the client goes away.
impl Drop for Served {
    fn drop(&mut self) {
        // What was refused instead is told where that is.
        if self.bytes == 0 {
            return;
        }
        let Window { after, until } = self.window;
        tracing::info!(
            request = self.request,
            tenant = self.tenant,
            client = self.client,
            format = self.format,
            status = 200,
            bytes = self.bytes,
            records = self.records,
            after = after.map(|after| after.to_string()),
            until = until.map(|until| until.to_string()),
            is_cut = self.is_cut,
            is_complete = self.is_complete,
            "served"
        );
    }
}
