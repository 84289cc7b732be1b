//! Whether somebody polls already what a tenant is about to poll.

use drawbridge_config::Tenant;
use drawbridge_poll::assembly::AdministratorsList;

use super::admission::{Verdicts, admit_each};
use super::tenant_document::TenantDocument;
use crate::data_location::DataLocation;
use crate::failure::Failure;

/// Checks that of the documents `found`, no other one that is polled polls the same alerts.
pub(super) async fn check_alone(
    tenant: &Tenant,
    found: &[TenantDocument],
    place: &DataLocation,
) -> Result<(), Failure> {
    let services = place.services()?;
    let list = AdministratorsList::of(services.store.as_ref());
    let verdicts = admit_each(found, place, &services, &list).await;
    check_among(tenant, found, &verdicts, place.as_folder().is_none())
}

/// In a folder, one that is refused is not polled. On a stack, the function polls it perhaps: it goes
/// by its own variables, and not by those that this command was given.
fn check_among(
    tenant: &Tenant,
    found: &[TenantDocument],
    verdicts: &Verdicts<'_>,
    is_stack: bool,
) -> Result<(), Failure> {
    let others = found
        .iter()
        .filter(|found| !found.document.is_paused && found.document.name != tenant.name);
    for other in others.filter_map(|found| found.tenant.as_ref().ok()) {
        let refusal = match verdicts.get(other.name.as_str()) {
            Some(Ok(_)) => None,
            Some(Err(refusal)) if is_stack => Some(refusal),
            _ => continue,
        };
        if !other.tenant_id.eq_ignore_ascii_case(&tenant.tenant_id) {
            continue;
        }
        Tenant::check_together(&[other.clone(), tenant.clone()]).map_err(|error| {
            let name = &other.name;
            let doubt = refusal.map_or_else(String::new, |refusal| {
                format!(
                    ". {name:?} is refused here, and the function may go by other variables: \
                     {refusal}. If the function refuses it, too, pause or remove {name:?} first"
                )
            });
            Failure::of(format!("{error}{doubt}"))
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use drawbridge_config::{Document, Trust, parse};
    use drawbridge_poll::assembly::Services;

    use super::*;

    fn found(name: &str, is_paused: bool, line: &str) -> TenantDocument {
        let key = format!("tenants/{name}.toml");
        let text = format!(
            "tenant_id = \"00000000-0000-0000-0000-000000000001\"\n\
             client_id = \"00000000-0000-0000-0000-0000000000ab\"\n{line}\n"
        );
        TenantDocument {
            tenant: parse(name, &key, text.as_bytes()),
            document: Document {
                name: name.to_owned(),
                key,
                is_paused,
                etag: None,
            },
            etag: None,
        }
    }

    /// What is said of `old`, which is resumed beside `current`, by a shell that knows this prefix.
    async fn said(prefix: Option<&str>, line: &str, is_stack: bool) -> Option<String> {
        let place = DataLocation::folder("data".into());
        let variable = |name: &str| match name {
            "DRAWBRIDGE_SECRET_PREFIX" => prefix.map(str::to_owned),
            _ => None,
        };
        let services = Services {
            trust: Trust::of_a_stack_elsewhere(variable).unwrap(),
            ..place.services().ok().unwrap()
        };
        let list = AdministratorsList::of(services.store.as_ref());
        let own = "secret = \"drawbridge/prod/old\"";
        let found = [found("current", false, line), found("old", true, own)];
        let verdicts = admit_each(&found, &place, &services, &list).await;
        let tenant = found[1].tenant.as_ref().unwrap();
        let checked = check_among(tenant, &found, &verdicts, is_stack);
        checked.err().map(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn a_shell_that_does_not_know_the_stack_leaves_nobody_out() {
        let own = "secret = \"drawbridge/prod/current\"";
        let told = said(Some("drawbridge/prod/"), own, true).await.unwrap();
        assert!(told.contains("\"current\"") && !told.contains("refused here"));
        // The function has the prefix, and polls both.
        let told = said(None, own, true).await.unwrap();
        for word in ["\"current\"", "refused here", "DRAWBRIDGE_SECRET_PREFIX"] {
            assert!(told.contains(word), "{told}");
        }
        // So do those that another list lets in.
        let listed = "secret = \"arn:aws:secretsmanager:eu-west-1:1:secret:x\"";
        let told = said(Some("drawbridge/prod/"), listed, true).await;
        assert!(told.is_some());
    }

    #[tokio::test]
    async fn who_is_polled_by_nobody_is_in_nobodys_way() {
        let own = "secret = \"drawbridge/prod/current\"";
        assert_eq!(said(None, own, false).await, None);
        for is_stack in [false, true] {
            let unread = said(None, "secret = 1", is_stack).await;
            assert_eq!(unread, None);
            let other = format!("{own}\nservice_sources = []");
            assert_eq!(said(None, &other, is_stack).await, None);
        }
    }
}
