//! The tenant of a stack's parameters, which needs no document, and what a document with its name changes.

use drawbridge_config::{Tenant, given_tenants};
use drawbridge_poll::assembly::AdministratorsList;

use super::tenant_document::TenantDocument;
use crate::data_location::DataLocation;
use crate::failure::Failure;

/// The tenants of the stack's parameters that no document replaces. A document replaces one only if the
/// administrator's list says so; if the list cannot be read, none does.
pub(super) async fn of_parameters(
    found: &[TenantDocument],
    place: &DataLocation,
    list: &AdministratorsList<'_>,
) -> Vec<Tenant> {
    let mut given = place.given_tenants();
    if given.is_empty() {
        return given;
    }
    let list = list.bindings().await.ok();
    given.retain(|given| {
        let has_document = found.iter().any(|found| found.document.name == given.name);
        !(has_document && list.is_some_and(|list| list.replaces(&given.name)))
    });
    given
}

/// Whether a document pauses the tenant of the stack's parameters with that name. It need not replace that tenant
/// to do so.
pub(super) fn is_paused_by(found: &[TenantDocument], name: &str) -> bool {
    let mut documents = found.iter().map(|found| &found.document);
    documents.any(|document| document.is_paused && document.name == name)
}

/// Whether a name is that of the tenant in the stack's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstTenant {
    /// It is.
    This,
    /// It is not, or there is none.
    Other,
    /// The command does not know the stack's parameters.
    NotGiven,
}

/// What to say when all tenants are asked for and it is unknown whether the stack's parameters have one; `None`
/// if it is known.
pub(crate) fn unknown(place: &DataLocation) -> Option<String> {
    if FirstTenant::of("", place).ok()? != FirstTenant::NotGiven {
        return None;
    }
    Some(match place.as_named_stack() {
        Some(stack) => format!(
            "{} has a tenant in its parameters and, as a stack of an older release, no output FirstTenant              that says how it signs in: update the stack, for this command to know that tenant",
            stack.name()
        ),
        None => "whether the stack's parameters have a tenant, which needs no document, is not known:                  give --stack NAME in place of the bucket, or set DRAWBRIDGE_TENANTS to the stack's output                  FirstTenant, or to [] if it has none"
            .to_owned(),
    })
}

impl FirstTenant {
    /// What the command was given of the first tenant.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(super) fn of(name: &str, place: &DataLocation) -> Result<Self, Failure> {
        match place.as_folder() {
            Some(_) => Ok(Self::Other),
            None => Self::from_variable(name, |variable| place.variable(variable)),
        }
    }

    fn from_variable(
        name: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let is_given = std::cell::Cell::new(false);
        let given = given_tenants(|name| {
            let value = variable(name);
            is_given.set(value.as_ref().is_some_and(|value| !value.trim().is_empty()));
            value
        });
        let given = given.map_err(Failure::of)?;
        Ok(match given.iter().any(|given| given.name == name) {
            true => Self::This,
            false if is_given.get() => Self::Other,
            false => Self::NotGiven,
        })
    }

    /// What is to be said of a name that has no document.
    pub(super) fn without_document(self, name: &str, options: &str) -> Option<String> {
        match self {
            Self::This => Some(format!(
                "{name} is the tenant of the stack's parameters and has no document, nor needs one: \
                 change it, or take it away, by updating the stack with another TenantId. To pause it, \
                 write a document of its name with `drawbridge tenants add {name}{options}`, which is \
                 not read, and then `drawbridge tenants pause {name}{options}`"
            )),
            Self::Other => None,
            Self::NotGiven => Some(
                "the tenant of the stack's parameters has no document: if it is that one, give --stack \
                 NAME in place of the bucket, or set DRAWBRIDGE_TENANTS to the stack's output \
                 FirstTenant, for this command to know"
                    .to_owned(),
            ),
        }
    }

    /// What is to be said of a document that was written, if the administrator's list does not have it
    /// take the place of that tenant.
    pub(super) fn written(self, name: &str, options: &str) -> Option<String> {
        (self == Self::This).then(|| {
            format!(
                "{name} is the tenant of the stack's parameters: it is polled by these, and this document \
                 is not read until the administrator runs `drawbridge tenants allow {name} \
                 --replaces-first-tenant{options}`"
            )
        })
    }

    /// What becomes of a tenant whose document was removed.
    pub(super) fn removed(self, name: &str) -> Option<String> {
        match self {
            Self::This => Some(format!(
                "{name} is the tenant of the stack's parameters, and is polled by these from now on, also \
                 if it was paused: it ends with a stack that has another TenantId, or none"
            )),
            Self::Other => None,
            Self::NotGiven => Some(format!(
                "if {name} is the tenant of the stack's parameters, it is polled by these from now on"
            )),
        }
    }

    /// Why nothing of the tenant can be purged.
    pub(super) fn check_purgeable(self, name: &str) -> Result<(), Failure> {
        match self {
            Self::This => Err(Failure::of(format!(
                "nothing was removed: {name} is the tenant of the stack's parameters, and what is removed \
                 would come back, also if it is paused, since its document goes as well. Update the stack \
                 with another TenantId, or none, wait ten minutes and set DRAWBRIDGE_TENANTS anew"
            ))),
            Self::Other | Self::NotGiven => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"[{"name":"main","tenant_id":"t.example",
        "client_id":"00000000-0000-0000-0000-00000000000c","secret":"s"}]"#;

    fn first_tenant(value: Option<&str>, name: &str) -> FirstTenant {
        FirstTenant::from_variable(name, |_| value.map(str::to_owned))
            .ok()
            .unwrap()
    }

    #[test]
    fn it_is_known_by_what_the_command_was_told() {
        assert_eq!(first_tenant(Some(FIRST), "main"), FirstTenant::This);
        assert_eq!(first_tenant(Some(FIRST), "other"), FirstTenant::Other);
        assert_eq!(first_tenant(Some("[]"), "main"), FirstTenant::Other);
        for nothing in [None, Some(" ")] {
            assert_eq!(first_tenant(nothing, "main"), FirstTenant::NotGiven);
        }
        assert!(FirstTenant::from_variable("main", |_| Some("[{}]".to_owned())).is_err());
    }

    #[test]
    fn each_command_says_what_becomes_of_it() {
        let this = FirstTenant::This;
        let refusal = this.check_purgeable("main").unwrap_err().to_string();
        for (said, words) in [
            (
                this.without_document("main", " --bucket b"),
                ["TenantId", "pause main --bucket b"],
            ),
            (
                this.written("main", " --bucket b"),
                ["not read", "--replaces-first-tenant --bucket b"],
            ),
            (this.removed("main"), ["polled by these", "paused"]),
            (Some(refusal), ["nothing was removed", "TenantId"]),
        ] {
            let said = said.unwrap();
            for word in words {
                assert!(said.contains(word), "no {word} in: {said}");
            }
        }
        let other = FirstTenant::Other;
        assert_eq!(other.without_document("a", ""), None);
        assert_eq!(other.written("a", ""), None);
        assert_eq!(other.removed("a"), None);
        assert!(other.check_purgeable("a").is_ok());
        let unknown = FirstTenant::NotGiven;
        let said = unknown.without_document("a", "").unwrap();
        assert!(said.contains("DRAWBRIDGE_TENANTS"), "{said}");
        assert!(unknown.removed("a").is_some() && unknown.check_purgeable("a").is_ok());
    }
}
