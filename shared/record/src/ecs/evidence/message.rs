//! Mailboxes and messages.

use super::super::field::Ecs::{
    EmailDeliveryTimestamp, EmailDirection, EmailFromAddress, EmailLocalId, EmailMessageId,
    EmailSenderAddress, EmailSubject, EmailToAddress, RelatedHosts, RelatedIp, RelatedUser,
    SourceIp, UrlDomain, UrlFull,
};
use super::super::property::Holds::{Any, Date, Evidence, Ip, Long, Object};
use super::super::property::{Property, Shape, kept, same};
use super::identity::ACCOUNT;
use super::{Kind, kind};

static P1_SENDER: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Any, &[]),
    kept("displayName", "display_name", Any, &[RelatedUser]),
    kept("domainName", "domain_name", Any, &[RelatedHosts]),
    kept(
        "emailAddress",
        "email_address",
        Any,
        &[EmailFromAddress, EmailSenderAddress, RelatedUser],
    ),
]);

static P2_SENDER: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Any, &[]),
    kept("displayName", "display_name", Any, &[RelatedUser]),
    kept("domainName", "domain_name", Any, &[RelatedHosts]),
    kept(
        "emailAddress",
        "email_address",
        Any,
        &[EmailFromAddress, RelatedUser],
    ),
]);

const SENDER_IP: Property = kept("senderIp", "sender_ip", Ip, &[SourceIp, RelatedIp]);
const SUBJECT: Property = same("subject", &[EmailSubject]);
const NETWORK_MESSAGE_ID: Property = kept(
    "networkMessageId",
    "network_message_id",
    Any,
    &[EmailLocalId],
);
const RECEIVED: Property = kept(
    "receivedDateTime",
    "received_datetime",
    Date,
    &[EmailDeliveryTimestamp],
);
const DELIVERY_ACTION: Property = kept("deliveryAction", "delivery_action", Any, &[]);
const DELIVERY_LOCATION: Property = kept("deliveryLocation", "delivery_location", Any, &[]);

static ANALYZED_MESSAGE: &[Property] = &[
    NETWORK_MESSAGE_ID,
    kept(
        "internetMessageId",
        "internet_message_id",
        Any,
        &[EmailMessageId],
    ),
    SUBJECT,
    same("language", &[]),
    SENDER_IP,
    kept(
        "recipientEmailAddress",
        "recipient_email_address",
        Any,
        &[EmailToAddress, RelatedUser],
    ),
    kept(
        "antiSpamDirection",
        "antispam_direction",
        Any,
        &[EmailDirection],
    ),
    DELIVERY_ACTION,
    DELIVERY_LOCATION,
    same("urn", &[]),
    same("threats", &[]),
    kept(
        "threatDetectionMethods",
        "threat_detection_methods",
        Any,
        &[],
    ),
    same("urls", &[UrlFull, UrlDomain]),
    kept("urlCount", "url_count", Long, &[]),
    kept("attachmentsCount", "attachments_count", Long, &[]),
    RECEIVED,
    kept("p1Sender", "p1_sender", Object(&P1_SENDER), &[]),
    kept("p2Sender", "p2_sender", Object(&P2_SENDER), &[]),
];

static TEAMS_MESSAGE: &[Property] = &[
    SUBJECT,
    RECEIVED,
    DELIVERY_ACTION,
    DELIVERY_LOCATION,
    same("senderFromAddress", &[EmailFromAddress, RelatedUser]),
    same("senderIP", &[SourceIp, RelatedIp]),
    same("recipients", &[EmailToAddress, RelatedUser]),
    kept("files", "files", Evidence("file"), &[]),
    kept("urls", "urls", Evidence("url"), &[]),
];

pub(super) static KINDS: &[Kind] = &[
    kind(
        "analyzedMessage",
        Some("email"),
        Shape::evidence(ANALYZED_MESSAGE),
    ),
    kind(
        "mailbox",
        Some("email"),
        Shape::evidence(&[
            kept("displayName", "display_name", Any, &[]),
            kept("primaryAddress", "primary_address", Any, &[RelatedUser]),
            same("upn", &[RelatedUser]),
            kept("userAccount", "user_account", Object(&ACCOUNT), &[]),
        ]),
    ),
    kind(
        "mailboxConfiguration",
        Some("email"),
        Shape::evidence(&[
            kept("displayName", "display_name", Any, &[]),
            same("mailboxPrimaryAddress", &[RelatedUser]),
            same("upn", &[RelatedUser]),
        ]),
    ),
    kind(
        "mailCluster",
        Some("email"),
        Shape::evidence(&[
            kept("clusterBy", "cluster_by", Any, &[]),
            kept("clusterByValue", "cluster_by_value", Any, &[]),
            kept("emailCount", "email_count", Long, &[]),
            kept("networkMessageIds", "network_message_ids", Any, &[]),
            same("query", &[]),
            same("urn", &[]),
        ]),
    ),
    kind(
        "submissionMail",
        Some("email"),
        Shape::evidence(&[
            NETWORK_MESSAGE_ID,
            SUBJECT,
            SENDER_IP,
            same("sender", &[EmailFromAddress, RelatedUser]),
            same("recipient", &[EmailToAddress, RelatedUser]),
            same("submitter", &[RelatedUser]),
        ]),
    ),
    kind("teamsMessage", None, Shape::evidence(TEAMS_MESSAGE)),
];
