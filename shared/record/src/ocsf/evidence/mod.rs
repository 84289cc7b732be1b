//! Evidence as typed objects. What of a piece has no typed place goes to its `data`, and so does
//! what was translated on the way: nothing that Graph sent is lost.

mod cloud;
mod device;
mod file;
mod identity;
mod kubernetes;
mod mail;
mod network;
mod process;
mod registry;

pub(super) use device::device;
pub(super) use identity::is_email;
pub(super) use registry::is_registry;

use super::codes;
use super::write::Out;
use crate::tree::{Node, Object};

/// What a record uses of OCSF beside its core.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// The `cloud` profile, which has a resource's provider and region.
    pub(super) cloud: bool,
    /// The extension for Windows, which has the registry.
    pub(super) windows: bool,
}

/// What writes the typed objects of a piece.
enum Write {
    Plain(fn(&mut Out, &Object<'_>)),
    /// What may have a cloud's provider and region.
    Clouded(fn(&mut Out, &Object<'_>, Context)),
    /// A thing in a Kubernetes cluster, of that kind.
    Part(&'static str),
    /// A resource: its kind, where its name is, and where its id may be.
    Named(&'static str, &'static str, &'static [&'static str]),
}

use Write::{Clouded, Named, Part, Plain};

/// What is made of which type, by its name without `Evidence`, the most frequent ones first. Types
/// that OCSF has no object for are not here.
const KINDS: &[(&str, Write)] = &[
    ("device", Plain(device)),
    ("process", Plain(process::evidence)),
    ("file", Plain(file::evidence)),
    ("user", Plain(identity::evidence)),
    ("ip", Plain(network::address)),
    ("url", Plain(network::url)),
    ("analyzedMessage", Plain(mail::message)),
    ("mailbox", Plain(identity::mailbox)),
    (
        "mailboxConfiguration",
        Plain(identity::mailbox_configuration),
    ),
    ("submissionMail", Plain(mail::submission)),
    ("teamsMessage", Plain(mail::teams)),
    ("registryKey", Plain(registry::key)),
    ("registryValue", Plain(registry::value)),
    ("cloudLogonSession", Plain(identity::cloud_session)),
    ("hostLogonSession", Plain(identity::host_session)),
    ("servicePrincipal", Plain(identity::service_principal)),
    ("oauthApplication", Plain(identity::oauth_application)),
    ("aiAgent", Plain(identity::agent)),
    ("gitHubUser", Plain(identity::git_hub_user)),
    ("fileHash", Plain(file::hash)),
    ("malware", Plain(file::malware)),
    ("networkConnection", Plain(network::connection)),
    ("dns", Plain(network::dns)),
    ("nic", Plain(network::interface)),
    ("ioTDevice", Clouded(device::iot)),
    ("azureResource", Clouded(cloud::azure)),
    ("amazonResource", Clouded(cloud::amazon)),
    ("googleCloudResource", Clouded(cloud::google)),
    ("blob", Clouded(cloud::blob)),
    ("blobContainer", Clouded(cloud::blob_container)),
    ("sasToken", Clouded(cloud::storage)),
    ("cloudApplication", Plain(cloud::application)),
    (
        "securityGroup",
        Named("Security Group", "displayName", &["sid", "securityGroupId"]),
    ),
    (
        "gitHubOrganization",
        Named("GitHub Organization", "login", &["orgId"]),
    ),
    ("gitHubRepo", Plain(cloud::git_hub_repository)),
    ("container", Plain(kubernetes::container)),
    ("containerImage", Named("Container Image", "", &["imageId"])),
    (
        "containerRegistry",
        Named("Container Registry", "registry", &[]),
    ),
    ("kubernetesCluster", Clouded(kubernetes::cluster)),
    ("kubernetesNamespace", Part("Kubernetes Namespace")),
    ("kubernetesController", Part("Kubernetes Controller")),
    ("kubernetesSecret", Part("Kubernetes Secret")),
    ("kubernetesService", Part("Kubernetes Service")),
    ("kubernetesPod", Plain(kubernetes::pod)),
    (
        "kubernetesServiceAccount",
        Plain(kubernetes::service_account),
    ),
];

/// The name of a piece's type, without what all types have in common.
fn kind<'a>(evidence: &Object<'a>) -> &'a str {
    let whole = evidence.text("@odata.type").unwrap_or_default();
    let stem = match whole.split_at_checked(whole.len().saturating_sub("Evidence".len())) {
        Some((stem, end)) if end.eq_ignore_ascii_case("Evidence") => stem,
        _ => whole,
    };
    let before = stem.bytes().rposition(|byte| matches!(byte, b'.' | b'#'));
    before.map_or(stem, |at| &stem[at + 1..])
}

/// A piece of evidence that is an object, with its type, which is asked for again and again.
pub(super) struct Piece<'a> {
    pub(super) kind: &'a str,
    pub(super) it: &'a Object<'a>,
}

impl<'a> Piece<'a> {
    /// Those of an alert, in order.
    pub(super) fn all(alert: &Object<'a>) -> Vec<Self> {
        let pieces = alert.objects("evidence");
        pieces.map(|it| Self { kind: kind(it), it }).collect()
    }

    /// Whether it is of a type; Graph's own pages spell some in two ways.
    pub(super) fn is(&self, of: &str) -> bool {
        self.kind.eq_ignore_ascii_case(of)
    }
}

/// Writes one piece, if it says anything.
pub(super) fn write(out: &mut Out, piece: &Node<'_>, context: Context) {
    if !matches!(piece, Node::Object(_) | Node::Text(_)) || piece.is_used_up() {
        return;
    }
    out.item(|out| match piece {
        Node::Object(evidence) => members(out, evidence, context),
        // Evidence that could not be read is its own text.
        piece => out.text("data", piece.says()),
    });
}

fn members(out: &mut Out, evidence: &Object<'_>, context: Context) {
    out.text("name", evidence.text("@odata.type"));
    let word = evidence.text("verdict");
    let verdict = codes::evidence_verdict(word);
    out.made_of([word], |out| out.coded("verdict_id", "verdict", verdict));
    let kind = kind(evidence);
    let known = KINDS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(kind));
    match known {
        Some((_, Plain(write))) => write(out, evidence),
        Some((_, Clouded(write))) => write(out, evidence, context),
        Some((_, Part(kind))) => kubernetes::part(out, evidence, kind),
        Some((_, Named(kind, name, ids))) => cloud::named(out, evidence, kind, name, ids),
        None => (),
    }
    // OCSF wants more than a name and resources of a piece: what has no other rest repeats its type.
    let mut others = evidence.members().iter();
    if others.any(|member| member.name != "@odata.type" && !member.is_used_up()) {
        evidence.take("@odata.type");
    }
    out.rest("data", evidence);
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::*;

    #[test]
    fn a_type_is_known_however_it_is_spelt() {
        let kind_of = |text: &str| {
            let json = format!(r#"{{"@odata.type":"{text}"}}"#);
            kind(&Object::read(&json, &Bump::new())).to_owned()
        };
        assert_eq!(kind_of("#microsoft.graph.security.fileEvidence"), "file");
        assert_eq!(kind_of("FILEevidence"), "FILE");
        assert_eq!(kind_of("x.é"), "é");
        assert_eq!(kind_of("évidence"), "évidence");
        assert_eq!(kind(&Object::default()), "");
    }

    #[test]
    fn no_type_is_listed_twice() {
        for (n, (name, _)) in KINDS.iter().enumerate() {
            assert!(KINDS[..n].iter().all(|(other, _)| other != name), "{name}");
        }
    }
}
