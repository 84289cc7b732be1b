//! The `drawbridge` command as its users run it: a process with arguments, a folder and an exit
//! code, against the Graph simulator on loopback.

#![recursion_limit = "256"] // for `json!` of a whole alert
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod bad_input;
// The browser and its driver are those of Debian.
#[cfg(target_os = "linux")]
mod browser;
mod compare;
mod deliver;
mod deliver_all;
mod deliver_check;
mod deliver_here;
mod deliver_older;
mod deliver_outage;
mod deliver_refused;
mod deliver_stopped;
mod demo;
mod doctor;
mod doctor_advice;
mod documents;
mod every;
mod expected;
mod filter;
mod generate;
mod help;
mod interrupt;
mod json_on_failure;
mod killed;
mod machine;
#[cfg(unix)]
mod metrics;
mod news;
mod one_tenant;
mod printed_commands;
mod proxy;
mod readme;
mod samples;
mod serve;
mod serve_tokens;
mod shown;
mod simulate;
mod since;
mod support;
mod together;
mod version;
mod view;
mod without_effect;
