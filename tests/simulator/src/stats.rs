/// What the simulator was asked so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests to the token endpoint.
    pub token_requests: u64,
    /// Requests for a page of alerts, those that failed included.
    pub list_requests: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Alerts in the pages answered.
    pub alerts_served: u64,
}

impl Stats {
    pub(crate) fn add(&mut self, other: Self) {
        self.token_requests += other.token_requests;
        self.list_requests += other.list_requests;
        self.throttled += other.throttled;
        self.alerts_served += other.alerts_served;
    }
}
