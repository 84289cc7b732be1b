//! Mailboxes and messages.

use super::super::field::Ecs::{
    EmailDeliveryTimestamp, EmailDirection, EmailFromAddress, EmailLocalId, EmailMessageId,
    EmailSenderAddress, EmailSubject, EmailToAddress, RelatedHosts, RelatedIp, RelatedUser,
    SourceIp, UrlDomain, UrlFull, UrlOriginal, UserEmail, UserName,
};
use super::super::property::Holds::{Date, Evidence, Flag, Ip, Long, Object, Text};
use super::super::property::{How, Made, Property, Shape, kept, same, typed};
use super::identity::MAILBOX_ACCOUNT;
use super::{Kind, kind};

static P1_SENDER: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Text, &[]),
    kept("displayName", "display_name", Text, &[RelatedUser]),
    kept("domainName", "domain_name", Text, &[RelatedHosts]),
    kept(
        "emailAddress",
        "email_address",
        Text,
        &[EmailFromAddress, EmailSenderAddress, RelatedUser],
    ),
]);

static P2_SENDER: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Text, &[]),
    kept("displayName", "display_name", Text, &[RelatedUser]),
    kept("domainName", "domain_name", Text, &[RelatedHosts]),
    kept(
        "emailAddress",
        "email_address",
        Text,
        &[EmailFromAddress, RelatedUser],
    ),
]);

const SENDER_IP: Property = kept("senderIp", "sender_ip", Ip, &[SourceIp, RelatedIp]);
const SUBJECT: Property = same("subject", &[EmailSubject]);
const NETWORK_MESSAGE_ID: Property = kept(
    "networkMessageId",
    "network_message_id",
    Text,
    &[EmailLocalId],
);
const RECEIVED: Property = kept(
    "receivedDateTime",
    "received_datetime",
    Date,
    &[EmailDeliveryTimestamp],
);
const DELIVERY_ACTION: Property = kept("deliveryAction", "delivery_action", Text, &[]);
const DELIVERY_LOCATION: Property = kept("deliveryLocation", "delivery_location", Text, &[]);

static ANALYZED_MESSAGE: &[Property] = &[
    NETWORK_MESSAGE_ID,
    kept(
        "internetMessageId",
        "internet_message_id",
        Text,
        &[EmailMessageId],
    ),
    SUBJECT,
    same("language", &[]),
    SENDER_IP,
    kept(
        "recipientEmailAddress",
        "recipient_email_address",
        Text,
        &[EmailToAddress, RelatedUser],
    ),
    kept(
        "antiSpamDirection",
        "antispam_direction",
        Text,
        &[EmailDirection],
    ),
    DELIVERY_ACTION,
    DELIVERY_LOCATION,
    same("urn", &[]),
    same("threats", &[]),
    kept(
        "threatDetectionMethods",
        "threat_detection_methods",
        Text,
        &[],
    ),
    same("urls", &[UrlFull, UrlOriginal, UrlDomain]),
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
    kept("urls", "url_evidence", Evidence("url"), &[]),
    typed("isExternal", Flag, &[]),
    typed("isOwned", Flag, &[]),
    typed("lastModifiedDateTime", Date, &[]),
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
        Shape {
            made: &[Made {
                to: UserName,
                how: How::First,
                of: &[
                    "userAccount.accountName",
                    "userAccount.userPrincipalName",
                    "upn",
                    "primaryAddress",
                ],
            }],
            ..Shape::evidence(&[
                kept("displayName", "display_name", Text, &[]),
                kept(
                    "primaryAddress",
                    "primary_address",
                    Text,
                    &[UserEmail, RelatedUser],
                ),
                same("upn", &[UserEmail, RelatedUser]),
                kept("userAccount", "user_account", Object(&MAILBOX_ACCOUNT), &[]),
            ])
        },
    ),
    kind(
        "mailboxConfiguration",
        Some("email"),
        Shape {
            made: &[Made {
                to: UserName,
                how: How::First,
                of: &["upn", "mailboxPrimaryAddress"],
            }],
            ..Shape::evidence(&[
                kept("displayName", "display_name", Text, &[]),
                same("mailboxPrimaryAddress", &[UserEmail, RelatedUser]),
                same("upn", &[UserEmail, RelatedUser]),
            ])
        },
    ),
    kind(
        "mailCluster",
        Some("email"),
        Shape::evidence(&[
            kept("clusterBy", "cluster_by", Text, &[]),
            kept("clusterByValue", "cluster_by_value", Text, &[]),
            kept("emailCount", "email_count", Long, &[]),
            kept("networkMessageIds", "network_message_ids", Text, &[]),
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
            typed("submissionDateTime", Date, &[]),
            same("submitter", &[RelatedUser]),
        ]),
    ),
    kind("teamsMessage", None, Shape::evidence(TEAMS_MESSAGE)),
];
