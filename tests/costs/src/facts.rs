use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::{Assumed, Measured, Prices};

/// The text of `measured.toml`.
pub(crate) const MEASURED: &str = include_str!("../measured.toml");
/// The text of `assumed.toml`.
pub(crate) const ASSUMED: &str = include_str!("../assumed.toml");
/// The text of `prices.toml`.
pub(crate) const PRICES: &str = include_str!("../prices.toml");

/// A file of facts that cannot be used.
#[derive(Debug, Error)]
#[error("{file} cannot be read: {source}")]
pub struct FactsError {
    file: &'static str,
    source: toml::de::Error,
}

/// All that a month's bill is worked out of.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What tests measure.
    pub measured: Measured,
    /// What is assumed.
    pub assumed: Assumed,
    /// What things cost.
    pub prices: Prices,
}

impl Facts {
    /// Those of the three files.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn read() -> Result<Self, FactsError> {
        Self::of(MEASURED, ASSUMED, PRICES)
    }

    /// Those of other texts.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn of(measured: &str, assumed: &str, prices: &str) -> Result<Self, FactsError> {
        Ok(Self {
            measured: parse("measured.toml", measured)?,
            assumed: parse("assumed.toml", assumed)?,
            prices: parse("prices.toml", prices)?,
        })
    }
}

pub(crate) fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, FactsError> {
    toml::from_str(text).map_err(|source| FactsError { file, source })
}
