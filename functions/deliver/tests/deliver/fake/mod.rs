//! Servers of the tests' own, on loopback.

pub(crate) mod certificate;
pub(crate) mod http;
pub(crate) mod syslog;
