//! The quarantine: what could not be delivered is kept whole, with the reason, and never lost.
//!
//! An item is an object `quarantine/TENANT/KIND/NAME.json` ([`Item`]). Its name is a digest of what
//! it holds, so that quarantining the same thing again writes the same object. The poll function
//! writes alerts, records and gaps, the deliver function writes undeliverable records, and the
//! command's `replay` reads all of them and moves them to `quarantine/replayed/`.

mod item;
mod stored;
mod write;

pub use item::{Item, Kind};
pub use stored::{ReadError, StoredItem, StoredItems, stored_items};
pub use write::{Quarantine, QueueRecord, TargetRecord};
