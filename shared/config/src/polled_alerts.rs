use std::collections::BTreeSet;
use std::fmt;

/// Which alerts a tenant polls: of which directory, those of which products. Two that are equal would
/// have every alert come twice.
///
/// Products are a set, so that neither their order nor one that is named twice makes another of it, and
/// capitals count as little as in ids. No product named is all of them, which is not the same as some:
/// a second document may read the other products of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolledAlerts {
    tenant_id: String,
    products: BTreeSet<String>,
}

impl PolledAlerts {
    /// The alerts of the directory with this id, limited to the products in `service_sources`.
    #[must_use]
    pub fn of(tenant_id: &str, service_sources: &[String]) -> Self {
        Self {
            tenant_id: tenant_id.to_ascii_lowercase(),
            products: service_sources
                .iter()
                .map(|source| source.to_ascii_lowercase())
                .collect(),
        }
    }

    /// Whether they are of the directory with that id.
    #[must_use]
    pub fn are_of(&self, tenant_id: &str) -> bool {
        self.tenant_id.eq_ignore_ascii_case(tenant_id)
    }
}

/// What is the same for those that are equal, and for no others.
impl fmt::Display for PolledAlerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As JSON, where no product's name can look like two.
        serde_json::json!([self.tenant_id, self.products]).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_a_set() {
        let of = |id: &str, products: &[&str]| {
            let products: Vec<String> = products.iter().map(|&one| one.to_owned()).collect();
            PolledAlerts::of(id, &products)
        };
        let two = of(
            "T.example",
            &["microsoftSentinel", "microsoftDefenderForEndpoint"],
        );
        for same in [
            &["microsoftDefenderForEndpoint", "microsoftSentinel"][..],
            &[
                "microsoftSentinel",
                "microsoftDefenderForEndpoint",
                "microsoftSentinel",
            ],
            &["MicrosoftSentinel", "microsoftdefenderforendpoint"],
        ] {
            assert_eq!(of("t.EXAMPLE", same), two);
            assert_eq!(of("t.EXAMPLE", same).to_string(), two.to_string());
        }
        for other in [
            &[][..],
            &["microsoftSentinel"],
            &["microsoftSentinel", "microsoftDefenderForEndpoint", "other"],
            &["microsoftDefenderForEndpoint\",\"microsoftSentinel"],
        ] {
            assert_ne!(of("t.example", other), two);
            assert_ne!(of("t.example", other).to_string(), two.to_string());
        }
        assert_ne!(
            of("other.example", &["microsoftSentinel"]),
            of("t.example", &["microsoftSentinel"])
        );
        assert!(two.are_of("t.example") && !two.are_of("other.example"));
    }
}
