//! What a month on AWS costs, worked out.
//!
//! One chain leads to `docs/costs.md`: tests measure counts and assert that they are those of
//! `measured.toml`; [`bill`] multiplies these, with what `assumed.toml` assumes, by the prices of
//! `prices.toml`; [`Page`] writes the page's tables, and the arithmetic behind them beside the files.
//! Each number is in one of the three files, once.

mod assumed;
pub mod bill;
mod choices;
mod facts;
mod measured;
mod page;
mod prices;
mod served;
mod sign_ins;
mod situation;

pub use assumed::{Assumed, Assumption};
pub use bill::Bill;
pub use facts::{Facts, FactsError};
pub use measured::{Count, Measured};
pub use page::Page;
pub use prices::{Above, Price, Prices};
pub use situation::{HUNDRED, IDLE, ONE, SITUATIONS, Secrets, Situation};
