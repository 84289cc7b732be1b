//! Whether somebody polls already what a tenant is about to poll.

use drawbridge_config::Tenant;
use drawbridge_poll::assembly::AdministratorsList;

use super::admission::{admit_each, refusal_beside};
use super::tenant_document::TenantDocument;
use super::verdicts::Verdicts;
use crate::data_location::DataLocation;
use crate::failure::Failure;

/// Checks that of the documents `found`, no other one that is polled polls the same alerts; in a
/// folder, none that a poll would take in the place of this one.
pub(super) async fn check_alone(
    tenant: &Tenant,
    found: &[TenantDocument],
    place: &DataLocation,
) -> Result<(), Failure> {
    let services = place.services()?;
    if place.as_folder().is_some() {
        let refusal = refusal_beside(tenant, found, place, &services).await;
        return refusal.map_or(Ok(()), |refusal| Err(Failure::of(refusal)));
    }
    let list = AdministratorsList::of(services.store.as_ref());
    let verdicts = admit_each(found, place, &services, &list).await;
    check_on_stack(tenant, found, &verdicts, &place.given_tenants())
}

/// On a stack, the function polls one that is refused here perhaps: it goes by its own variables, and
/// not by those that this command was given. One that polls these alerts already may go on to.
fn check_on_stack(
    tenant: &Tenant,
    found: &[TenantDocument],
    verdicts: &Verdicts<'_>,
    given: &[Tenant],
) -> Result<(), Failure> {
    let alerts = tenant.polled_alerts();
    let polled = found.iter().filter(|found| !found.document.is_paused);
    let polled: Vec<&Tenant> = polled
        .filter_map(|found| found.tenant.as_ref().ok())
        .collect();
    let alike = || {
        polled
            .iter()
            .filter(|other| other.polled_alerts() == alerts)
    };
    if alike().any(|other| other.name == tenant.name) {
        return Ok(());
    }
    let given = given.iter().filter(|given| given.name != tenant.name);
    for other in given
        .filter(|given| given.polled_alerts() == alerts)
        .chain(alike().copied())
    {
        let refusal = verdicts.get(other.name.as_str());
        let refusal = refusal.and_then(|verdict| verdict.as_ref().err());
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
    async fn said(prefix: Option<&str>, line: &str) -> Option<String> {
        let own = "secret = \"drawbridge/prod/old\"";
        let found = [found("current", false, line), found("old", true, own)];
        said_of(&found[1], &found, prefix, &[]).await
    }

    async fn said_of(
        of: &TenantDocument,
        found: &[TenantDocument],
        prefix: Option<&str>,
        given: &[Tenant],
    ) -> Option<String> {
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
        let verdicts = admit_each(found, &place, &services, &list).await;
        let checked = check_on_stack(of.tenant.as_ref().unwrap(), found, &verdicts, given);
        checked.err().map(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn a_shell_that_does_not_know_the_stack_leaves_nobody_out() {
        let own = "secret = \"drawbridge/prod/current\"";
        let told = said(Some("drawbridge/prod/"), own).await.unwrap();
        assert!(told.contains("\"current\"") && !told.contains("refused here"));
        // The function has the prefix, and polls both.
        let told = said(None, own).await.unwrap();
        for word in ["\"current\"", "refused here", "DRAWBRIDGE_SECRET_PREFIX"] {
            assert!(told.contains(word), "{told}");
        }
        // So do those that another list lets in.
        let listed = "secret = \"arn:aws:secretsmanager:eu-west-1:1:secret:x\"";
        let told = said(Some("drawbridge/prod/"), listed).await;
        assert!(told.is_some());
        for (line, is_in_the_way) in [
            ("secret = 1", false),
            (&format!("{own}\nservice_sources = []"), false),
            (own, true),
        ] {
            assert_eq!(said(None, line).await.is_some(), is_in_the_way, "{line}");
        }
    }

    /// A document with the same alerts does not keep a tenant from changing its own, as refusing the change would
    /// not stop that document either.
    #[tokio::test]
    async fn who_polls_already_may_be_changed_beside_another() {
        let prefix = Some("drawbridge/prod/");
        let own = |name: &str, more: &str| format!("secret = \"drawbridge/prod/{name}\"{more}");
        let documents = [
            found("a-new", false, &own("a-new", "")),
            found("owner", false, &own("owner", "")),
        ];
        let changed = found("owner", false, &own("owner/2", ""));
        assert_eq!(said_of(&changed, &documents, prefix, &[]).await, None);
        let [newcomer, _] = documents;
        let other = found("owner", false, &own("owner", "\nservice_sources = []"));
        let told = said_of(&changed, &[newcomer, other], prefix, &[]).await;
        assert!(told.is_some_and(|told| told.contains("\"a-new\"")));
    }

    #[tokio::test]
    async fn the_tenant_of_the_stacks_parameters_is_polled_too() {
        let prefix = Some("drawbridge/prod/");
        let first = found("first", false, "secret = \"drawbridge/prod/first\"");
        let given = [first.tenant.clone().unwrap()];
        let added = found("one", false, "secret = \"drawbridge/prod/one\"");
        let told = said_of(&added, &[], prefix, &given).await.unwrap();
        assert!(told.contains("\"first\""), "{told}");
        // A document of its name is to take its place.
        assert_eq!(said_of(&first, &[], prefix, &given).await, None);
    }
}
