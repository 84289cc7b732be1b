//! `drawbridge state`: what a tenant's polls remember.

mod reset;
mod show;

use drawbridge_cursor::State;
use drawbridge_poll::state_key;

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

/// What a tenant's state knows but for the records that its outputs have; none where there is no state,
/// or why it cannot be read.
pub(crate) async fn state_head(
    place: &DataLocation,
    tenant: &str,
) -> Result<Option<State>, String> {
    let key = state_key(tenant);
    let object = place.store.get(&key).await;
    let object = object.map_err(|error| error.to_string())?;
    let head = object.map(|object| State::decode_head(&object.body));
    head.transpose().map_err(|error| format!("{key}: {error}"))
}
