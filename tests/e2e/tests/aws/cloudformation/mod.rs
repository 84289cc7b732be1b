//! The stack of `infra/template.yaml` with the functions as cargo built them, in an emulated cloud that enforces
//! its policies: from its creation to its deletion, as its user sees it.

mod bad_input;
mod batch;
mod cost;
mod intake;
mod jobs;
mod life;
mod outage;
mod tenants;
mod topic;
mod world;
