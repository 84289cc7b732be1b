//! The alert's own properties.

use super::field::Ecs::{
    CloudAccountId, EventCreated, EventEnd, EventId, EventProvider, EventSeverity, EventStart,
    EventUrl, Labels, Message, RelatedUser, RuleId, RuleName, Tags, ThreatGroupName,
    ThreatSoftwareName, ThreatSubtechniqueId, ThreatTacticId, ThreatTacticName, ThreatTechniqueId,
    Timestamp,
};
use super::property::Holds::{Any, Date, Evidence, Json, Object, Uri};
use super::property::{Property, Shape, kept, same};

macro_rules! properties {
    ($($graph:literal $name:literal $holds:expr, $to:expr;)*) => {
        static OWN: &[Property] = &[$(kept($graph, $name, $holds, &$to)),*];

        /// The whole path of each property's field, in the same order.
        pub(super) static PATHS: &[&str] = &[$(concat!("m365_defender.alert.", $name)),*];
    };
}

static COMMENT: Shape = Shape::plain(&[
    same("comment", &[]),
    same("createdByDisplayName", &[RelatedUser]),
    same("createdDateTime", &[]),
]);

// In the order of the wire. No name: the ECS fields say it all. Elastic's pipeline drops
// `productName`, `categories`, `systemTags`, `alertPolicyId`, `investigationState`, `customDetails`
// and `additionalData`: their names are ours.
properties! {
    "@odata.type" "odata_type" Any, [];
    "id" "" Any, [EventId];
    "providerAlertId" "provider_alert_id" Any, [];
    "incidentId" "incident_id" Any, [];
    "status" "status" Any, [];
    "severity" "severity" Any, [EventSeverity];
    "classification" "classification" Any, [];
    "determination" "determination" Any, [];
    "serviceSource" "" Any, [EventProvider];
    "detectionSource" "detection_source" Any, [];
    "productName" "product_name" Any, [];
    "detectorId" "detector_id" Any, [RuleId];
    "tenantId" "" Any, [CloudAccountId];
    "title" "title" Any, [RuleName];
    "description" "" Any, [Message];
    "recommendedActions" "recommended_actions" Any, [];
    "category" "category" Any, [ThreatTacticName, ThreatTacticId];
    "categories" "categories" Any, [];
    "assignedTo" "assigned_to" Any, [RelatedUser];
    "alertWebUrl" "" Any, [EventUrl];
    "incidentWebUrl" "incident_web_url" Uri, [];
    "actorDisplayName" "actor_display_name" Any, [];
    "threatDisplayName" "threat_display_name" Any, [ThreatSoftwareName];
    "threatFamilyName" "" Any, [ThreatGroupName];
    "mitreTechniques" "mitre_techniques" Any, [ThreatTechniqueId, ThreatSubtechniqueId];
    "createdDateTime" "" Date, [EventCreated];
    "lastUpdateDateTime" "" Date, [Timestamp];
    "resolvedDateTime" "resolved_datetime" Date, [];
    "firstActivityDateTime" "" Date, [EventStart];
    "lastActivityDateTime" "" Date, [EventEnd];
    "systemTags" "" Any, [Tags];
    "alertPolicyId" "alert_policy_id" Any, [];
    "investigationState" "investigation_state" Any, [];
    "comments" "comments" Object(&COMMENT), [];
    "customDetails" "" Any, [Labels];
    "evidence" "evidence" Evidence(""), [];
    "additionalData" "additional_data" Json, [];
}

/// The alert.
pub(super) static ALERT: Shape = Shape::plain(OWN);
