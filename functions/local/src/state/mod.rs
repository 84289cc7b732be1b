//! `drawbridge state`: what a tenant's polls remember.

mod reset;
mod show;

use drawbridge_config::is_name;

use crate::cli::{self, StateCommand};
use crate::data_location::DataLocation;
use crate::failure::Failure;

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
        // What lies beside the states has a full stop in its name.
        is_name(name).then(|| name.to_owned())
    });
    Ok(names.collect())
}
