//! What simulated schedules show, and what the pages say of it: one binary, so that the long tests run
//! side by side.

mod crowd;
mod documentation;
mod mutants;
mod neighbours;
mod properties;
mod regressions;
