//! The records of the old shape in IBM QRadar's Log Event Extended Format, version 2.0.

mod keys;
mod write;

use crate::detection::{DetectionFormat, Scope};
use crate::{Layout, Notation, TimeNotation};
use keys::TABLE;

/// The format `leef`.
pub static LEEF: DetectionFormat = DetectionFormat {
    name: "leef",
    about: "The records of `siem`, with the same identities, and a line for each message, connection, \
     name in DNS, registry key or value, application and lone hash, as lines of the Log Event \
     Extended \
     Format 2.0: `LEEF:2.0|Microsoft|Microsoft Defender XDR|1.0|EventID|0x09|attributes`, \
     separated by tabs, without a syslog header. What has a predefined attribute is in it; the \
     rest is in custom attributes with the names of the old record.\n\n\
     An attribute without a value is left out. LEEF has no escapes: tabs and line breaks, and \
     in `EventID` also `|` and `\\`, become blanks; other control characters, U+2028, U+2029, \
     U+FFFE and U+FFFF become U+FFFD. A value longer than its attribute holds, in characters, is cut, \
     and `Truncated` names the attribute. The deduplication key is `FullId`: that \
     of `siem` without the `=` at its end. On the line of a message `usrName` is the sender; the \
     alert's users have lines of their own. Of what \
     `siem` has, these are left out: the synthesised `ReportID`, `ExternalId` and `IocUniqueId` (the part of \
     `FullId` after the last colon). No Microsoft or IBM mapping to LEEF is published, and no \
     QRadar has read these lines. A syslog source of QRadar takes 4,096 bytes per event unless \
     it is set to more.",
    schema_version: 1,
    layout: &LAYOUT,
    fields: || TABLE.fields(),
    scope: Scope::All,
    content: |row| TABLE.content(row),
    write: write::record,
    keys: |row, ids| TABLE.explain(row, ids),
};

static LAYOUT: Layout = Layout {
    notation: Notation::Leef,
    times: &[("devTime", TimeNotation::Date)],
    key: Some("FullId"),
    key_suffix: "=",
    truncated: None,
    alert_id: Some("AlertId"),
    severity: "Severity",
};
