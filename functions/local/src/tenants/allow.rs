use drawbridge_config::BINDINGS_KEY;
use drawbridge_http::authority;

use super::bindings::change_bindings;
use super::tenant_document::tenant_documents;
use super::unknown_tenant::unknown;
use crate::cli::{self, TenantsAllow};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::screen::print_done;

/// Writes into the administrator's list which ids a document may have, or takes it out.
pub(super) async fn run(args: &TenantsAllow) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    if place.as_folder().is_some() && args.replaces_first_tenant {
        return Err(Failure::usage(
            "--replaces-first-tenant goes with --stack or --bucket: a folder has no tenant in a stack's parameters; \
             leave it out",
        ));
    }
    let (name, store) = (&args.name, place.store.as_ref());
    let message = if args.revoke {
        if !change_bindings(store, |bindings| bindings.remove(name)).await? {
            return Err(Failure::of(format!(
                "{} is not in {BINDINGS_KEY}: nothing was changed",
                cli::quoted(name)
            )));
        }
        format!(
            "took {name} out of {BINDINGS_KEY}; after {}, no poll of it begins that signs in without a secret of its \
             own. If its document names one, it is polled as before: {} ends that",
            place.heard_within(),
            place.command(&format!("tenants pause {name}"))
        )
    } else {
        let found = tenant_documents(store).await?.found_and_say_unreadable();
        let document = found.iter().find(|found| found.document.name == *name);
        let document = document.ok_or_else(|| unknown(name, &found, &place))?;
        let tenant = document.tenant.as_ref().map_err(Failure::of)?;
        let mut is_first = false;
        change_bindings(store, |bindings| {
            bindings.bind(tenant, args.replaces_first_tenant);
            is_first = bindings.replaces(name);
            true
        })
        .await?;
        let at = tenant.login_url.as_ref().map_or_else(String::new, |url| {
            format!(" at {}, a host of its own", authority(url))
        });
        let place = if is_first {
            "; it takes the place of the stack's first tenant, until --revoke"
        } else {
            ""
        };
        format!(
            "the document {name} may sign in to {} as the application {}{at}{place}",
            tenant.tenant_id, tenant.client_id
        )
    };
    print_done(args.json, ("tenant", name), &[message])?;
    Ok(())
}
