//! `drawbridge state`: what a tenant's polls remember.

mod reset;
mod show;

use crate::cli::{self, StateCommand};
use crate::data_location::{BEFORE, DataLocation};
use crate::failure::Failure;
use crate::tenants::first_poll;

/// Does what one of the commands asks for.
pub(crate) async fn run(args: cli::State) -> Result<(), Failure> {
    match args.command {
        StateCommand::Show(args) => show::run(&args).await,
        StateCommand::Reset(args) => reset::run(&args).await,
    }
}

/// The tenants that have a state.
pub(crate) async fn tenants_with_state(place: &DataLocation) -> Result<Vec<String>, Failure> {
    let keys = place.store.list("state/").await.map_err(Failure::of)?;
    let names = keys.iter().filter_map(|key| {
        let name = key.strip_prefix("state/")?.strip_suffix(".json")?;
        let is_beside = name.contains(BEFORE) || key.ends_with(first_poll::ENDING);
        (!name.contains('/') && !is_beside).then(|| name.to_owned())
    });
    Ok(names.collect())
}
