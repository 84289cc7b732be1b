use crate::Body;

/// Where a record has what its readers look for: a deliverer, a connector, a test.
#[derive(Debug)]
pub struct Layout {
    /// How its members are written.
    pub notation: Notation,
    /// The members with its time, in the order in which they are tried.
    pub times: &'static [(&'static str, TimeNotation)],
    /// The member with its deduplication key, if it has one.
    pub key: Option<&'static str>,
    /// What the key ends in that the member leaves out.
    pub key_suffix: &'static str,
    /// The member that names the truncated members, if any can be. A truncated key is no key.
    pub truncated: Option<&'static str>,
    /// The member with the alert's id; without it, the id is what the key has before its last colon.
    pub alert_id: Option<&'static str>,
    /// The member with the severity.
    pub severity: &'static str,
}

/// How a format writes its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// As one JSON object. A dot in the name of a member leads into an object.
    Json,
    /// As the extension of CEF.
    Cef,
    /// As the attributes of LEEF 2.0, with a tab between them.
    Leef,
}

/// How a format writes a time.
#[derive(Debug, Clone, Copy)]
pub enum TimeNotation {
    /// In RFC 3339.
    Text,
    /// In milliseconds since 1970.
    Millis,
    /// As `leef` writes it: `MMM dd yyyy HH:mm:ss.SSS zzz`.
    Date,
}

impl Notation {
    /// What the body of a record in this notation is.
    pub(crate) fn body(self) -> Body {
        match self {
            Self::Json => Body::Json,
            Self::Cef | Self::Leef => Body::Text,
        }
    }
}
