//! The alert's own properties.

use super::field::Ecs::{
    CloudAccountId, EventCreated, EventEnd, EventId, EventProvider, EventSeverity, EventStart,
    EventUrl, Labels, Message, RelatedUser, RuleId, RuleName, Tags, ThreatSoftwareName,
    ThreatSubtechniqueId, ThreatTacticId, ThreatTacticName, ThreatTechniqueId, Timestamp,
};
use super::property::Holds::{Date, Evidence, Json, Object, Text, Uri};
use super::property::{Property, Shape, kept, same, typed};

macro_rules! properties {
    ($($graph:literal $name:literal $holds:expr, $to:expr;)*) => {
        static OWN: &[Property] = &[$(kept($graph, $name, $holds, &$to)),*];

        /// The whole path of each property's field, in the same order.
        pub(super) static PATHS: &[&str] = &[$(concat!("m365_defender.alert.", $name)),*];
    };
}

static COMMENT: Shape = Shape {
    reserved: &["created_datetime"],
    ..Shape::plain(&[
        same("comment", &[]),
        same("createdByDisplayName", &[RelatedUser]),
        typed("createdDateTime", Date, &[]),
    ])
};

// In the order of the wire. No name: the ECS fields say it all. Elastic's pipeline drops
// `productName`, `categories`, `systemTags`, `alertPolicyId`, `investigationState`, `customDetails`
// and `additionalData`: their names are ours.
properties! {
    "@odata.type" "odata_type" Text, [];
    "id" "id" Text, [EventId];
    "providerAlertId" "provider_alert_id" Text, [];
    "incidentId" "incident_id" Text, [];
    "status" "status" Text, [];
    "severity" "severity" Text, [EventSeverity];
    "classification" "classification" Text, [];
    "determination" "determination" Text, [];
    "serviceSource" "" Text, [EventProvider];
    "detectionSource" "detection_source" Text, [];
    "productName" "product_name" Text, [];
    "detectorId" "detector_id" Text, [RuleId];
    "tenantId" "tenant_id" Text, [CloudAccountId];
    "title" "title" Text, [RuleName];
    "description" "" Text, [Message];
    "recommendedActions" "recommended_actions" Text, [];
    "category" "category" Text, [ThreatTacticName, ThreatTacticId];
    "categories" "categories" Text, [];
    "assignedTo" "assigned_to" Text, [RelatedUser];
    "alertWebUrl" "" Text, [EventUrl];
    "incidentWebUrl" "incident_web_url" Uri, [];
    "actorDisplayName" "actor_display_name" Text, [];
    "threatDisplayName" "threat_display_name" Text, [ThreatSoftwareName];
    "threatFamilyName" "threat_family_name" Text, [];
    "mitreTechniques" "mitre_techniques" Text, [ThreatTechniqueId, ThreatSubtechniqueId];
    "createdDateTime" "" Date, [EventCreated];
    "lastUpdateDateTime" "" Date, [Timestamp];
    "resolvedDateTime" "resolved_datetime" Date, [];
    "firstActivityDateTime" "" Date, [EventStart];
    "lastActivityDateTime" "" Date, [EventEnd];
    "systemTags" "" Text, [Tags];
    "alertPolicyId" "alert_policy_id" Text, [];
    "investigationState" "investigation_state" Text, [];
    "comments" "comments" Object(&COMMENT), [];
    "customDetails" "" Text, [Labels];
    "evidence" "evidence" Evidence(""), [];
    "additionalData" "additional_data" Json, [];
}

/// The alert.
pub(super) static ALERT: Shape = Shape {
    reserved: &[
        "created_datetime",
        "first_activity_datetime",
        "last_activity_datetime",
        "last_update_datetime",
        "web_url",
    ],
    ..Shape::plain(OWN)
};
