//! The token endpoint of Drawbridge's own, and its tokens.

mod endpoint;
mod hostile;
mod refresh;
mod support;

use support::{CONNECTOR, Endpoint, refused};
