//! The Microsoft Graph alerts_v2 alert as Rust types.
