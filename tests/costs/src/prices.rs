use serde::Deserialize;

/// What the rest costs.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Above {
    /// From how many on.
    pub from: f64,
    /// Dollars for `per` of these.
    pub dollars: f64,
}

/// A list price.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Dollars for `per` of `unit`.
    pub dollars: f64,
    /// How many cost that.
    pub per: f64,
    /// Of what.
    pub unit: String,
    /// What those above a number cost.
    pub above: Option<Above>,
    /// How many are free each month, in every account and without end.
    #[serde(default)]
    pub free: f64,
    /// What else that number of free ones is of: prices that name the same share it.
    pub free_with: Option<String>,
    /// Of when it is.
    pub date: String,
    /// Who quotes it.
    pub source: String,
}

impl Price {
    /// What so many cost.
    pub(crate) fn of(&self, quantity: f64) -> f64 {
        let above = self.above.unwrap_or(Above {
            from: f64::INFINITY,
            dollars: 0.0,
        });
        let rest = (quantity - above.from).max(0.0);
        ((quantity - rest) * self.dollars + rest * above.dollars) / self.per
    }

    /// What the free ones are counted by.
    pub(crate) fn free_group(&self) -> &str {
        self.free_with.as_deref().unwrap_or(&self.unit)
    }
}

/// What things cost: `prices.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file says what each is")]
pub struct Prices {
    pub lambda_invocation: Price,
    pub lambda_gb_second: Price,
    pub schedule: Price,
    pub sqs_fifo: Price,
    pub sqs_standard: Price,
    pub s3_put: Price,
    pub s3_get: Price,
    pub s3_gb: Price,
    pub log_gb: Price,
    pub log_gb_kept: Price,
    pub metric: Price,
    pub alarm_metric: Price,
    pub dashboard: Price,
    pub secret: Price,
    pub secret_call: Price,
    pub gb_out: Price,
}
