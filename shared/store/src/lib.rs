//! The object store port, with its S3 and its local folder implementation.
//!
//! State, quarantined alerts and bodies too big for a queue live behind [`Store`]. What keeps two
//! polls from moving the same watermark is [`Store::put_if`]: a write that happens only if nobody
//! else wrote first. Both implementations pass the same conformance suite
//! (`tests/e2e/tests/conformance/store.rs`).
//!
//! - [`LocalStore`]: files in a folder, for one machine.
//! - [`S3Store`] (feature `aws`): objects in a bucket.
//!
//! The feature `testing` has stores for tests.

mod catalogue;
mod error;
mod key;
mod local;
mod object;
#[cfg(feature = "aws")]
mod s3;
#[cfg(feature = "aws")]
mod s3_fault;
#[cfg(feature = "testing")]
pub mod testing;

pub use catalogue::{Catalogue, Listed, Listing};
pub use drawbridge_access::AccessError;
pub use error::StoreError;
pub use local::LocalStore;
pub use object::{ETag, MAX_OBJECT_BYTES, Object, Store};
#[cfg(feature = "aws")]
pub use s3::{S3Store, s3_client};
