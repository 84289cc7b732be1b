use std::fmt;

use serde::Deserialize;

use crate::Text;
use crate::evidence::{self, Evidence};
use crate::timestamp::{self, Timestamp};

/// One alert of `GET /security/alerts_v2`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert<'a> {
    /// The whole alert as Graph sent it, byte for byte.
    #[serde(skip)]
    pub raw: &'a str,
    /// `id`: never empty.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// `createdDateTime`
    #[serde(
        default,
        borrow,
        rename = "createdDateTime",
        deserialize_with = "timestamp::optional"
    )]
    pub created: Option<Timestamp<'a>>,
    /// `lastUpdateDateTime`: the cursor.
    #[serde(
        default,
        borrow,
        rename = "lastUpdateDateTime",
        deserialize_with = "timestamp::optional"
    )]
    pub last_update: Option<Timestamp<'a>>,
    /// `firstActivityDateTime`
    #[serde(
        default,
        borrow,
        rename = "firstActivityDateTime",
        deserialize_with = "timestamp::optional"
    )]
    pub first_activity: Option<Timestamp<'a>>,
    /// `lastActivityDateTime`
    #[serde(
        default,
        borrow,
        rename = "lastActivityDateTime",
        deserialize_with = "timestamp::optional"
    )]
    pub last_activity: Option<Timestamp<'a>>,
    /// `title`
    #[serde(default, borrow)]
    pub title: Option<Text<'a>>,
    /// `category`
    #[serde(default, borrow)]
    pub category: Option<Text<'a>>,
    /// `categories`; a `null` in the list is left out.
    #[serde(default, borrow, deserialize_with = "evidence::list")]
    pub categories: Vec<Text<'a>>,
    /// `severity`: `informational`, `low`, `medium`, `high` or what else Graph says.
    #[serde(default, borrow)]
    pub severity: Option<Text<'a>>,
    /// `actorDisplayName`
    #[serde(default, borrow)]
    pub actor_display_name: Option<Text<'a>>,
    /// `alertWebUrl`
    #[serde(default, borrow)]
    pub alert_web_url: Option<Text<'a>>,
    /// `incidentWebUrl`
    #[serde(default, borrow)]
    pub incident_web_url: Option<Text<'a>>,
    /// `detectorId`
    #[serde(default, borrow)]
    pub detector_id: Option<Text<'a>>,
    /// `detectionSource`
    #[serde(default, borrow)]
    pub detection_source: Option<Text<'a>>,
    /// `threatFamilyName`
    #[serde(default, borrow)]
    pub threat_family_name: Option<Text<'a>>,
    /// `threatDisplayName`
    #[serde(default, borrow)]
    pub threat_display_name: Option<Text<'a>>,
    /// `description`
    #[serde(default, borrow)]
    pub description: Option<Text<'a>>,
    /// `mitreTechniques`; a `null` in the list is left out.
    #[serde(default, borrow, deserialize_with = "evidence::list")]
    pub mitre_techniques: Vec<Text<'a>>,
    /// `evidence`, in Graph's order.
    #[serde(default, borrow, deserialize_with = "evidence::all")]
    pub evidence: Vec<Evidence<'a>>,
}

impl fmt::Debug for Alert<'_> {
    /// Shows the id and sizes only: the content of an alert has no place in a log or a panic.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert")
            .field("id", &self.id.as_str())
            .field("raw_bytes", &self.raw.len())
            .field("evidence", &self.evidence.len())
            .finish_non_exhaustive()
    }
}
