//! Each port keeps the same promises, whatever it is made of: the local one and that of AWS.

mod queue;
mod secrets;
mod store;
