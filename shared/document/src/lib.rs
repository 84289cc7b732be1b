//! Reads settings documents, and says what is wrong with one.
//!
//! Tenant documents, the variables of the functions and the settings of a delivery target are read
//! here. A value may be a secret in the wrong place, and so may what stands where a field's name belongs:
//! errors repeat what looks like the name of a field only, and never a value.

mod error;
mod read;
mod suggest;

pub use error::DocumentError;
use error::printable;
pub use read::{from_value, parse_json};
pub use suggest::nearest;
