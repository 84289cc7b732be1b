//! One build of what others wrote: the features are in `Cargo.toml`, and there is no code.
