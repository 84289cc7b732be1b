//! The records of the old shape in ArcSight's Common Event Format.

mod keys;
mod write;

use drawbridge_alert::Alert;

use crate::detection::{self, Scope, Writer};
use crate::{Body, Claims, Explained, Field, Format, Record};
use keys::TABLE;

const WRITER: Writer = Writer {
    scope: Scope::All,
    content: |row| TABLE.content(row),
    body: write::record,
};

/// The format `cef`.
#[derive(Debug, Clone, Copy)]
pub struct Cef;

impl Format for Cef {
    fn name(&self) -> &'static str {
        "cef"
    }

    fn about(&self) -> &'static str {
        "The records of `siem`, with the same identities, as lines of the Common Event Format: \
         `CEF:0|Microsoft|Microsoft Defender ATP|2.0|deviceEventClassId|name|severity|extension`, \
         without a syslog header. Vendor, product, version and most keys are those of Microsoft's \
         own ArcSight mapping of the old API; `start` and `end` are those of its guide to \
         migrating the Defender for Cloud Apps SIEM agent. What neither maps is in a key of the \
         extension dictionary that fits, else in one of its own, `MicrosoftDefender…`.\n\n\
         A key without a value is left out, and so is its label. In the header `\\` and `|` are \
         escaped and tabs and line breaks become blanks; in the extension `\\` and `=` are escaped \
         and line breaks are `\\n` and `\\r`. Other control characters, U+2028, U+2029, U+FFFE and \
         U+FFFF become U+FFFD. A value longer than its key holds, in characters before escapes, \
         is cut, and `MicrosoftDefenderTruncated` names the key. The deduplication key is `cs2`; \
         `devicePayloadId` tells records apart too and is never cut. Left out, of what `siem` has: \
         the synthesised `ReportID` and `ExternalId`, and the digits of a time below the \
         millisecond."
    }

    fn schema_version(&self) -> u32 {
        1
    }

    fn body(&self) -> Body {
        Body::Text
    }

    fn fields(&self) -> Vec<Field> {
        TABLE.fields()
    }

    fn map(&self, alert: &Alert<'_>, claims: &mut dyn Claims, sink: &mut dyn FnMut(Record)) {
        detection::map(alert, claims, sink, &WRITER);
    }

    fn explain(&self, alert: &Alert<'_>) -> Vec<Explained> {
        detection::explain(alert, WRITER.scope, |row, ids| TABLE.explain(row, ids))
    }
}
