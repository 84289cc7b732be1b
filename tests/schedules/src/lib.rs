//! Fault schedules: the real handler, cursor and client in a simulated world.
//!
//! A [`Schedule`] is drawn from a seed: alerts through their lives, and everything that goes wrong
//! around them. [`simulate`] runs the real handler through it in virtual time and checks what
//! `docs/guarantees.md` promises. The same seed does the same everywhere.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "only tests use this crate; a simulation that breaks is to say so at once"
)]

mod alerts;
mod answer;
mod beside;
mod bounds;
mod campaign;
mod caps;
mod check;
mod clocks;
mod counts;
mod crowd;
mod expected;
mod facts;
pub mod graph;
pub mod handler;
mod kind;
mod known;
mod lag;
mod large;
mod late;
mod mutation;
mod neighbours;
mod odds;
mod operator;
mod outputs;
mod paging;
pub mod peers;
mod pieces;
mod random;
mod replicas;
mod restless;
mod run;
mod schedule;
mod shrink;
mod simulate;
mod versions;
mod without;
mod world;

pub use alerts::{AlertPlan, Version};
pub use beside::{Beside, Deliveries, TROUBLES, beside_and_alone};
pub use campaign::{Campaign, campaign, command};
pub use check::Findings;
pub use counts::{Counts, Ended, Event};
pub use crowd::{Crowd, PROCESSES, TENANTS, Waits, waits, waits_with};
pub use kind::{Kind, Kinds};
pub use lag::{LAG_SCHEDULES, Lag, lag_table, lags};
pub use large::{BehindBacklog, behind_a_backlog};
pub use mutation::Mutation;
pub use operator::Operator;
pub use run::Step;
pub use schedule::{Death, Episode, Schedule, origin};
pub use shrink::shrink;
pub use simulate::{Outcome, mutated, simulate, trace};
pub use without::Without;
pub use world::{World, keep_traces};
