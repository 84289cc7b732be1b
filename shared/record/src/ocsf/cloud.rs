use super::codes::{self, Code};
use super::evidence::Piece;
use super::write::Out;
use crate::tree::Object;

/// The cloud that an alert is about: that of the first evidence that names one.
pub(super) struct Cloud<'o> {
    /// What tells the provider.
    named_by: &'o str,
    provider: &'o str,
    account: Option<(&'o str, Code<'static>)>,
    region: Option<&'o str>,
}

const AZURE: &str = "Azure";
const SUBSCRIPTION: Code<'static> = (13, "Azure Subscription");

impl<'o> Cloud<'o> {
    pub(super) fn of(evidence: &[Piece<'o>]) -> Option<Self> {
        evidence.iter().find_map(Self::of_piece)
    }

    fn of_piece(piece: &Piece<'o>) -> Option<Self> {
        let it = piece.it;
        let of = |named_by, provider, account| Self {
            named_by,
            provider,
            account,
            region: None,
        };
        let azure = |resource: &'o Object<'o>| {
            let id = resource.text("resourceId")?;
            let account = subscription(id).map(|id| (id, SUBSCRIPTION));
            Some(of(id, AZURE, account))
        };
        match piece.kind {
            // Graph's own pages spell this one in two ways.
            "azureResource" | "AzureResource" => azure(it),
            "device" => {
                let machine = it.object("vmMetadata")?;
                let word = machine.text("cloudProvider")?;
                let own = machine.text("subscriptionId");
                let account = own.map(|id| (id, SUBSCRIPTION));
                Some(of(word, codes::cloud_provider(word)?, account))
            }
            "blobContainer" | "sasToken" => azure(it.object("storageResource")?),
            "blob" => azure(it.object("blobContainer")?.object("storageResource")?),
            "ioTDevice" => azure(it.object("ioTHub")?),
            "amazonResource" => {
                let account = it.text("amazonAccountId");
                let named_by = account.or_else(|| it.text("amazonResourceId"));
                let account = account.map(|id| (id, (10, "AWS Account")));
                Some(of(named_by.unwrap_or_default(), "AWS", account))
            }
            "googleCloudResource" => {
                let project = it.text("projectId");
                let named_by = project.or_else(|| it.text("fullResourceName"));
                let account = project.map(|id| (id, (11, "GCP Project")));
                Some(Self {
                    region: it.text("location"),
                    ..of(named_by.unwrap_or_default(), "GCP", account)
                })
            }
            "kubernetesCluster" => {
                let word = it.text("platform")?;
                Some(of(word, codes::cloud_provider(word)?, None))
            }
            _ => None,
        }
    }

    /// `cloud`
    pub(super) fn write(&self, out: &mut Out) {
        out.object("cloud", |out| {
            out.made_of([Some(self.named_by)], |out| {
                out.text("provider", Some(self.provider));
            });
            out.text("region", self.region);
            if let Some((uid, code)) = self.account {
                out.object("account", |out| {
                    out.text("uid", Some(uid));
                    out.coded("type_id", "type", code);
                });
            }
        });
    }
}

/// The subscription in the id of an Azure resource.
fn subscription(id: &str) -> Option<&str> {
    let mut parts = id.split('/').filter(|part| !part.is_empty());
    let first = parts.next()?;
    let id = parts.next()?;
    first.eq_ignore_ascii_case("subscriptions").then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subscription_is_in_the_id() {
        assert_eq!(
            subscription("/subscriptions/s-1/resourceGroups/g"),
            Some("s-1")
        );
        assert_eq!(subscription("/Subscriptions/s-1"), Some("s-1"));
        assert_eq!(subscription("/providers/s-1"), None);
        assert_eq!(subscription("subscriptions"), None);
    }
}
