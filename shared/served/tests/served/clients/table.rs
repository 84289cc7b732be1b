//! The clients of the retired API, as their sources and manuals have them: the path, the time's form, and
//! what they ask for next.

use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded::byte_serialize;

/// What a client remembers from one poll to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// The largest `LastProcessedTimeUtc` that it saw, as text.
    Text,
    /// The same as a time in its own form.
    Field,
    /// The time of its last poll by its own clock.
    PollBefore,
    /// The same, but looked at only once the answer was worked through, so many milliseconds later.
    PollAfter(u64),
    /// Windows with both ends, each of which begins where the last one ended.
    Windows,
    /// The same a millisecond later, and only once something came.
    WindowsAndAStep,
    /// The last seconds, again and again.
    Last(i64),
    /// Nothing: the default window, again and again.
    Nothing,
}

impl Cursor {
    /// Whether the records that it was shown last are excluded by what it asks for next.
    pub(crate) fn is_of_a_field(self) -> bool {
        matches!(self, Self::Text | Self::Field)
    }
}

/// One client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// What else is in its query.
    pub(crate) more: &'static str,
    pub(crate) cursor: Cursor,
    pub(crate) form: Form,
    pub(crate) every_secs: u64,
    /// How far its clock is ahead.
    pub(crate) ahead_millis: i64,
}

impl Client {
    /// Whether records may come again that were written once. By a record's time they do not, unless it is
    /// cut to milliseconds, which a clock's is, too.
    pub(crate) fn may_repeat(&self) -> bool {
        let is_cut = matches!(self.form, Form::Utc(form) if form.contains("%3f"));
        !self.cursor.is_of_a_field() || is_cut && self.cursor == Cursor::Field
    }
}

/// How a client writes a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// `strftime`, in UTC.
    Utc(&'static str),
    /// The same two hours ahead, with `+02:00` behind it, encoded or not.
    Ahead { is_encoded: bool },
    /// In quotes and with a space, as old pages of Microsoft's have it.
    Quoted,
    /// Milliseconds without the zeros at their end, as Go's `.999` has it: nothing of `.000`.
    Trimmed,
    /// The host's own time, so many hours ahead of UTC, without saying so.
    Local { hours: i64 },
}

impl Form {
    /// A time as it stands in the query.
    pub(crate) fn write(self, time: Timestamp) -> String {
        let encoded = |text: String| byte_serialize(text.as_bytes()).collect();
        match self {
            Self::Utc(form) => encoded(time.strftime(form).to_string()),
            Self::Ahead { is_encoded } => {
                let local = time + SignedDuration::from_hours(2);
                let text = local.strftime("%Y-%m-%dT%H:%M:%S.%6f0+02:00").to_string();
                match is_encoded {
                    true => encoded(text),
                    false => text,
                }
            }
            Self::Quoted => encoded(time.strftime("\"%Y-%m-%d %H:%M:%S\"").to_string()),
            Self::Trimmed => {
                let text = time.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string();
                encoded(text.trim_end_matches('0').trim_end_matches('.').to_owned())
            }
            Self::Local { hours } => MICROS.write(time + SignedDuration::from_hours(hours)),
        }
    }
}

const SECONDS_Z: Form = Form::Utc("%Y-%m-%dT%H:%M:%SZ");
/// `maya` 0.6.1, by which Rapid7 tells the time: `strftime("%Y-%m-%dT%H:%M:%S.%f")[:-5] + "Z"` keeps one
/// digit of six. Older ones keep two.
const TENTHS_Z: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.%1fZ");
const HUNDREDTHS_Z: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.%2fZ");
/// What a clock of tenths reads once in ten times, and this one each time.
const NO_TENTHS: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.0Z");
const MILLIS: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.%3f");
/// What a clock of milliseconds reads once in a thousand times, and this one each time.
const NO_MILLIS: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.000Z");
const MICROS_Z: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.%6fZ");
const MICROS: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.%6f");
const SPACE: Form = Form::Utc("%Y-%m-%d %H:%M:%S.%6f");
/// `arrow` of whole seconds.
const OFFSET: Form = Form::Utc("%Y-%m-%dT%H:%M:%S+00:00");
const DOTNET: Form = Form::Utc("%Y-%m-%dT%H:%M:%S.%6f0Z");

/// The clients. Of FortiSIEM and ArcSight it is not public what they remember: each family is there.
pub(crate) const CLIENTS: &[Client] = &[
    client(
        "ArcSight FlexConnector, by the record",
        "/api/alerts/",
        Cursor::Field,
        SECONDS_Z,
        60,
    ),
    client(
        "ArcSight FlexConnector, by its clock",
        "/api/alerts/",
        Cursor::PollBefore,
        MILLIS,
        60,
    ),
    client("Splunk TA 4128", "//api/alerts", Cursor::Text, MICROS_Z, 60),
    client(
        "Splunk REST input 1546, handler",
        "/api/alerts",
        Cursor::Text,
        MICROS_Z,
        60,
    ),
    client(
        "Splunk REST input 1546, fixed address",
        "/api/alerts",
        Cursor::Nothing,
        MICROS_Z,
        60,
    ),
    client(
        "Rapid7 InsightConnect 1.x",
        "/api/Alerts",
        Cursor::PollBefore,
        TENTHS_Z,
        5,
    ),
    Client {
        ahead_millis: 1000,
        ..client(
            "Rapid7 InsightConnect 1.x, a clock that is ahead",
            "/api/Alerts",
            Cursor::PollBefore,
            TENTHS_Z,
            5,
        )
    },
    Client {
        ahead_millis: 1000,
        ..client(
            "the same with an older maya",
            "/api/Alerts",
            Cursor::PollBefore,
            HUNDREDTHS_Z,
            5,
        )
    },
    Client {
        more: "$filter=alertCreationTime+gt+2026-01-01T00:00:00Z",
        ..client(
            "KPN DATP-to-EIQ",
            "/api/alerts/",
            Cursor::Nothing,
            MICROS_Z,
            300,
        )
    },
    client(
        "LogRhythm.Tools",
        "/api/alerts",
        Cursor::PollBefore,
        DOTNET,
        60,
    ),
    client(
        "LogRhythm.Tools, local time",
        "/api/alerts",
        Cursor::PollBefore,
        Form::Ahead { is_encoded: true },
        60,
    ),
    client(
        "LogRhythm.Tools, a plus not encoded",
        "/api/alerts",
        Cursor::PollBefore,
        Form::Ahead { is_encoded: false },
        60,
    ),
    client(
        "FortiSIEM, by the record",
        "/api/alerts",
        Cursor::Field,
        MICROS_Z,
        120,
    ),
    client(
        "FortiSIEM, by its clock",
        "/api/alerts",
        Cursor::PollBefore,
        SECONDS_Z,
        120,
    ),
    client(
        "Siemplify",
        "/api/alerts",
        Cursor::Last(3600),
        MICROS_Z,
        300,
    ),
    client(
        "Netskope CTE with TZ=UTC",
        "/api/alerts",
        Cursor::PollBefore,
        MICROS,
        180,
    ),
    client(
        "Netskope CTE with TZ=UTC, its check",
        "/api/alerts",
        Cursor::PollBefore,
        SPACE,
        180,
    ),
    // It asks with `datetime.now()` and without a zone. East of Greenwich it gets nothing: `tests/log.rs`.
    client(
        "Netskope CTE, west of Greenwich",
        "/api/alerts",
        Cursor::PollBefore,
        Form::Local { hours: -5 },
        180,
    ),
    client(
        "go-mdatp",
        "/api/alerts",
        Cursor::PollBefore,
        Form::Trimmed,
        60,
    ),
    client(
        "go-mdatp, its older path",
        "/api/v1.0/alerts",
        Cursor::PollBefore,
        Form::Trimmed,
        60,
    ),
    client("red_raccoon", "/api/alerts", Cursor::Windows, OFFSET, 60),
    client(
        "Vulture",
        "/api/alerts",
        Cursor::WindowsAndAStep,
        MICROS_Z,
        60,
    ),
    client(
        "PSMDATP",
        "/api/alerts",
        Cursor::Last(2 * 3600),
        DOTNET,
        600,
    ),
    client(
        "Microsoft's PowerShell sample",
        "/api/Alerts",
        Cursor::PollBefore,
        MILLIS,
        120,
    ),
    client(
        "Microsoft's C# sample",
        "/api/alert",
        Cursor::PollBefore,
        Form::Quoted,
        120,
    ),
    Client {
        ahead_millis: 50,
        ..client(
            "a clock that is a little ahead",
            "/api/alerts",
            Cursor::PollBefore,
            MICROS_Z,
            5,
        )
    },
    client(
        "its clock, looked at after the answer",
        "/api/alerts",
        Cursor::PollAfter(1500),
        MICROS_Z,
        10,
    ),
    client(
        "the same, and it reads no milliseconds",
        "/api/alerts",
        Cursor::PollAfter(1500),
        NO_MILLIS,
        10,
    ),
    client(
        "the same, and it reads no tenths",
        "/api/alerts",
        Cursor::PollAfter(1500),
        NO_TENTHS,
        10,
    ),
    client(
        "by the record, cut to milliseconds",
        "/api/alerts",
        Cursor::Field,
        MILLIS,
        10,
    ),
    client(
        "the full address given twice",
        "/api/alerts/api/alerts",
        Cursor::Text,
        MICROS_Z,
        60,
    ),
];

const fn client(
    name: &'static str,
    path: &'static str,
    cursor: Cursor,
    form: Form,
    every_secs: u64,
) -> Client {
    Client {
        name,
        path,
        more: "",
        cursor,
        form,
        every_secs,
        ahead_millis: 0,
    }
}
