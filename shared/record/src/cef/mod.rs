//! The records of the old shape in ArcSight's Common Event Format.

mod keys;
mod write;

use crate::detection::{DetectionFormat, Scope};
use crate::{Layout, Notation, TimeNotation};
use keys::TABLE;

/// The format `cef`.
pub static CEF: DetectionFormat = DetectionFormat {
    name: "cef",
    about: "The records of `siem`, with the same identities, as lines of the Common Event Format, and \
     a line for each message, connection, name in DNS, registry key or value, application and \
     lone hash, which `siem` has no keys for: \
     `CEF:0|Microsoft|Microsoft Defender ATP|2.0|deviceEventClassId|name|severity|extension`, \
     without a syslog header. Vendor, product, version and most keys are those of Microsoft's \
     own ArcSight mapping of the old API; `start` and `end` are those of its guide to \
     migrating the Defender for Cloud Apps SIEM agent. What neither maps is in a key of the \
     extension dictionary that fits, or else in a key of our own, `MicrosoftDefender…`.\n\n\
     `spid` and `sproc` are a process's parent, `dpid` and `dproc` the process itself; `src` and \
     `dst` are the ends of a connection; on a line about anything else, they are the entity's \
     address and the device's. On the line of a message `suser` is the sender and `duser` the \
     recipients; the alert's users have lines of their own. If the alert has two devices, \
     the other one is in `MicrosoftDefenderOtherDevice…`.\n\n\
     **In Microsoft Sentinel's `CommonSecurityLog`** every key but `MicrosoftDefender…` has a \
     column of its own (Microsoft's page *CEF and CommonSecurityLog field mapping*); what has \
     none of these keys is in `AdditionalExtensions`.\n\n\
     A key without a value is left out, and so is its label. In the header `\\` and `|` are \
     escaped and tabs and line breaks become blanks; in the extension `\\` and `=` are escaped \
     and line breaks are `\\n` and `\\r`. Other control characters, U+2028, U+2029, U+FFFE and \
     U+FFFF become U+FFFD. A value longer than its key holds, in characters before escapes, \
     is cut, and `MicrosoftDefenderTruncated` names the key. The deduplication key is `cs2`: \
     the `FullId` of `siem` without the `=` at its end, as `devicePayloadId` is its \
     `IocUniqueId`; that is never cut. Neither holds a `=`, because older readers undo the \
     escapes before they look for keys. No writer can prevent what such a reader makes of \
     ` word=` in a command line, a URL or a title. Of what `siem` has, these are left out: the \
     synthesised `ReportID` and `ExternalId`, and the digits of a time below the millisecond.",
    schema_version: 1,
    layout: &LAYOUT,
    fields: || TABLE.fields(),
    scope: Scope::All,
    content: |row| TABLE.content(row),
    write: write::record,
    keys: |row, ids| TABLE.explain(row, ids),
};

static LAYOUT: Layout = Layout {
    notation: Notation::Cef,
    times: &[("rt", TimeNotation::Millis), ("end", TimeNotation::Millis)],
    key: Some("cs2"),
    key_suffix: "=",
    truncated: Some("MicrosoftDefenderTruncated"),
    // `externalId` has only its first 40 characters.
    alert_id: None,
    severity: "MicrosoftDefenderSeverity",
};
