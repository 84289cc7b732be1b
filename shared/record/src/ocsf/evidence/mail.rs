use super::super::observable::{EMAIL_ADDRESS, IP_ADDRESS, URL_STRING};
use super::super::write::Out;
use super::file;
use super::identity::{self, is_email};
use super::network::{self, is_address};
use crate::tree::Object;

/// `email` of an `analyzedMessageEvidence`.
pub(super) fn message(out: &mut Out, it: &Object<'_>) {
    let header = it.object("p2Sender");
    let envelope = it.object("p1Sender");
    let address = |sender: Option<&Object<'_>>| {
        sender.is_some_and(|sender| sender.text("emailAddress").is_some_and(is_email))
    };
    let recipient = it.text("recipientEmailAddress").is_some_and(is_email);
    if !(address(header) || recipient) {
        return;
    }
    out.object("email", |out| {
        if let Some(header) = header {
            out.observed(
                EMAIL_ADDRESS,
                "from",
                header.take_if("emailAddress", is_email),
            );
            out.text("from_mailbox", header.take("displayName"));
        }
        if let Some(envelope) = envelope {
            out.observed(
                EMAIL_ADDRESS,
                "return_path",
                envelope.take_if("emailAddress", is_email),
            );
        }
        to(out, it, "recipientEmailAddress");
        common(out, it, "senderIp");
        out.text("message_uid", it.take("internetMessageId"));
        out.list("urls", |out| {
            for url in it.take_texts("urls", |_| true) {
                out.item(|out| out.observed(URL_STRING, "url_string", Some(url)));
            }
        });
    });
}

/// `email` of a `submissionMailEvidence`.
pub(super) fn submission(out: &mut Out, it: &Object<'_>) {
    let is_sent = |name| it.text(name).is_some_and(is_email);
    if is_sent("sender") || is_sent("recipient") {
        out.object("email", |out| {
            out.observed(EMAIL_ADDRESS, "from", it.take_if("sender", is_email));
            to(out, it, "recipient");
            common(out, it, "senderIp");
        });
    }
}

fn to(out: &mut Out, it: &Object<'_>, name: &str) {
    if let Some(recipient) = it.take_if(name, is_email) {
        out.list("to", |out| out.observed_item(EMAIL_ADDRESS, recipient));
    }
}

fn common(out: &mut Out, it: &Object<'_>, sender_address: &str) {
    out.text("subject", it.take("subject"));
    out.text("uid", it.take("networkMessageId"));
    if let Some(address) = it.take_if(sender_address, is_address) {
        out.list("x_originating_ip", |out| {
            out.observed_item(IP_ADDRESS, address);
        });
    }
}

/// `user` and `src_endpoint` of the sender, and the first `file` and the first `url`, of a
/// `teamsMessageEvidence`.
pub(super) fn teams(out: &mut Out, it: &Object<'_>) {
    identity::sender(out, it, "senderFromAddress", "senderIP");
    file::first(out, it, "files");
    network::first_url(out, it, "urls");
}
