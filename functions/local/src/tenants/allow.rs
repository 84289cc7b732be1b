use std::io::Write as _;

use bytes::Bytes;
use drawbridge_config::{BINDINGS_KEY, Bindings};
use drawbridge_graph::authority;
use drawbridge_store::StoreError;

use super::found::{find, unknown};
use crate::cli::TenantsAllow;
use crate::failure::Failure;
use crate::place::Place;

/// Writes into the administrator's list which ids a document may have, or takes it out.
pub(super) async fn run(args: &TenantsAllow) -> Result<(), Failure> {
    let place = Place::open(&args.place).await?;
    let (name, store) = (&args.name, place.store.as_ref());
    let (mut bindings, version) = Bindings::load_version(store).await.map_err(Failure::of)?;
    let told = if args.revoke {
        if !bindings.remove(name) {
            return Err(Failure::of(format!(
                "{name:?} is not in {BINDINGS_KEY}: nothing was changed"
            )));
        }
        format!("took {name} out of {BINDINGS_KEY}; a poll that is running ends as usual")
    } else {
        let found = find(store).await?;
        let document = found.iter().find(|found| found.document.name == *name);
        let document = document.ok_or_else(|| unknown(name, &found, &place.name()))?;
        let tenant = document.tenant.as_ref().map_err(Failure::of)?;
        bindings.bind(tenant, args.replaces_first_tenant);
        let at = tenant.login_url.as_ref().map_or_else(String::new, |url| {
            format!(" at {}, a host of its own", authority(url))
        });
        let place = if bindings.replaces(name) {
            "; it takes the place of the stack's first tenant, until --revoke"
        } else {
            ""
        };
        format!(
            "the document {name} may sign in to {} as the application {}{at}{place}",
            tenant.tenant_id, tenant.client_id
        )
    };
    let text =
        toml::to_string(&bindings).map_err(|_| Failure::of("the list has no form in TOML"))?;
    let written = store.put_if(
        BINDINGS_KEY,
        Bytes::from(text),
        "application/toml",
        version.as_ref(),
    );
    match written.await {
        Ok(_) => {}
        Err(StoreError::Conflict { place }) => {
            return Err(Failure::of(format!(
                "somebody else wrote {place} meanwhile; nothing was changed: run this again"
            )));
        }
        Err(error) => return Err(Failure::of(error)),
    }
    writeln!(crate::screen::stdout(), "{told}")?;
    Ok(())
}
