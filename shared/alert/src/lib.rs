//! The Microsoft Graph `alerts_v2` alert as Rust types.
//!
//! [`Alert::decode`] reads one alert and borrows from its text wherever it can. What the records
//! need is typed; everything else stays in [`Alert::raw`], exactly as Graph sent it. Unknown
//! properties, evidence types and enum members never fail an alert, and `null` is the same as
//! absent. Half a surrogate pair, which no parser takes, is [replaced](repair_surrogates) beforehand.
//! The schema is `microsoft.graph.security.alert` of Graph v1.0.

mod alert;
mod decode;
mod depth;
mod evidence;
mod surrogates;
mod text;
mod timestamp;

pub use alert::Alert;
pub use decode::DecodeError;
pub use depth::{MAX_VALUES, has_more_values_than};
pub use evidence::{
    Account, Application, Device, Dns, Evidence, File, FileDetails, FileHash, Ip, LoggedOnUser,
    Mailbox, Message, NetworkConnection, Process, RegistryKey, RegistryValue, Sender, Url, User,
};
pub use surrogates::{repair_surrogates, without_lone_surrogates};
pub use text::Text;
pub use timestamp::Timestamp;
