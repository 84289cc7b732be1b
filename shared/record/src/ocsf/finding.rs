//! The record: what is known of the alert itself, then its evidence.

use super::attacks::attacks;
use super::cloud::Cloud;
use super::codes;
use super::evidence::{self, Context, Piece};
use super::taken::Taken;
use super::trace::Trace;
use super::write::Out;
use crate::Change;
use crate::seen::Seen;
use crate::tree::Object;

/// The type of an alert, where Graph says it.
const ALERT: &str = "#microsoft.graph.security.alert";

/// The version of OCSF that the records are of.
pub(super) const OCSF_VERSION: &str = "1.8.0";

/// Writes the record of an alert, from its tree; with a trace, that notes where its values come from.
pub(super) fn write(
    alert: &Object<'_>,
    key: &str,
    change: Change,
    about_bytes: usize,
    trace: Option<Box<Trace>>,
) -> (String, Option<Box<Trace>>) {
    Out::object_of(about_bytes, trace, |out| {
        let pieces = Piece::all(alert);
        let cloud = Cloud::of(&pieces);
        let context = Context {
            cloud: cloud.is_some(),
            windows: pieces.iter().any(evidence::is_registry),
        };
        let times = Times::of(alert, change);
        state(out, alert, change, &times);
        texts(out, alert);
        metadata(out, alert, key, &times, context);
        finding_info(out, alert, &times);
        if let Some(cloud) = &cloud {
            cloud.write(out);
        }
        if let Some(device) = primary_device(&pieces) {
            evidence::device(out, device);
        }
        malware(out, alert, &pieces);
        out.object("remediation", |out| {
            out.text("desc", alert.take("recommendedActions"));
        });
        out.list("evidences", |out| {
            for piece in alert.take_list("evidence") {
                evidence::write(out, piece, context);
            }
        });
        affected(out, &pieces);
        out.observables();
        // What is no plain alert says so.
        alert.take_if("@odata.type", |kind| kind.eq_ignore_ascii_case(ALERT));
        out.rest("unmapped", alert);
    })
}

/// What happens to the finding, and where it stands.
fn state(out: &mut Out, alert: &Object<'_>, change: Change, times: &Times<'_>) {
    let (activity, name) = match change {
        Change::New => (1, "Create"),
        Change::Changed if alert.text("status") == Some("resolved") => (3, "Close"),
        Change::Changed => (2, "Update"),
    };
    out.coded("activity_id", "activity_name", (activity, name));
    out.coded("category_uid", "category_name", (2, "Findings"));
    out.coded("class_uid", "class_name", (2004, "Detection Finding"));
    out.int("type_uid", 200_400 + activity);
    out.text("type_name", Some(&["Detection Finding: ", name].concat()));
    match times.record {
        Some(time) => out.taken("time", Some(time)),
        None => out.int("time", 0),
    }
    let severity = alert.take("severity");
    let code = codes::severity(severity);
    out.made_of([severity], |out| {
        out.coded("severity_id", "severity", code);
    });
    let status = alert.take("status");
    let code = codes::status(status);
    out.made_of([status], |out| out.coded("status_id", "status", code));
    let (classification, determination) =
        (alert.take("classification"), alert.take("determination"));
    let verdict = codes::verdict(classification, determination);
    out.text("status_detail", determination);
    out.made_of([classification, determination], |out| {
        out.coded("verdict_id", "verdict", verdict);
    });
    out.coded("confidence_id", "confidence", (0, "Unknown"));
    out.plain("is_alert", name != "Close");
    out.taken("start_time", times.first);
    out.taken("end_time", times.last);
}

/// The times of an alert, in milliseconds.
struct Times<'o> {
    created: Option<Taken<'o, i64>>,
    updated: Option<Taken<'o, i64>>,
    first: Option<Taken<'o, i64>>,
    last: Option<Taken<'o, i64>>,
    /// The time of the record: that of the creation or, for a record of an update, of the last update.
    record: Option<Taken<'o, i64>>,
}

impl<'o> Times<'o> {
    /// Takes them. What is not a time stays where it is.
    fn of(alert: &'o Object<'_>, change: Change) -> Self {
        let time = |name| {
            let time = alert.time(name)?;
            alert.take(name);
            Some(time)
        };
        let created = time("createdDateTime");
        let updated = time("lastUpdateDateTime");
        let first = time("firstActivityDateTime");
        let last = time("lastActivityDateTime");
        let record = match change {
            Change::New => created.or(first).or(updated).or(last),
            Change::Changed => updated.or(created).or(first).or(last),
        };
        Self {
            created,
            updated,
            first,
            last,
            record,
        }
    }
}

fn texts(out: &mut Out, alert: &Object<'_>) {
    let title = alert.text("title");
    out.text("message", title.or(alert.text("description")));
    let comments = alert.objects("comments");
    let latest = comments
        .filter(|comment| comment.text("comment").is_some())
        .max_by_key(|comment| comment.time("createdDateTime").map(|time| time.it));
    out.text(
        "comment",
        latest.and_then(|comment| comment.text("comment")),
    );
    out.text("src_url", alert.take("incidentWebUrl"));
    if let Some(assignee) = alert.take("assignedTo") {
        out.object("assignee", |out| {
            out.text("name", Some(assignee));
            let address = Some(assignee).filter(|text| evidence::is_email(text));
            out.text("email_addr", address);
        });
    }
}

fn metadata(out: &mut Out, alert: &Object<'_>, key: &str, times: &Times<'_>, context: Context) {
    out.object("metadata", |out| {
        out.text("version", Some(OCSF_VERSION));
        out.text("uid", Some(key));
        product(out, alert);
        out.list("profiles", |out| {
            if context.cloud {
                out.item_text("cloud");
            }
            out.item_text("incident");
        });
        if context.windows {
            out.list("extensions", |out| {
                out.item(|out| {
                    out.text("name", Some("win"));
                    out.text("uid", Some("2"));
                    out.text("version", Some(OCSF_VERSION));
                });
            });
        }
        out.text("log_name", Some("security/alerts_v2"));
        out.text("log_provider", Some("Microsoft Graph"));
        out.text("original_time", times.record.map(|time| time.from));
        out.text("original_event_uid", alert.text("id"));
        out.text("correlation_uid", alert.text("incidentId"));
        out.text("tenant_uid", alert.take("tenantId"));
        out.list("labels", |out| {
            for tag in alert.take_texts("systemTags", |_| true) {
                out.item_text(tag);
            }
        });
    });
}

/// `product`: what raised the alert.
fn product(out: &mut Out, alert: &Object<'_>) {
    out.object("product", |out| {
        let source = alert.take("serviceSource");
        let known = source.and_then(|source| codes::product(source).or(Some(source)));
        let name = alert.take("productName").or(known);
        // The product's own name where it is known.
        out.made_of([name.filter(|_| name != known).or(source)], |out| {
            out.text("name", name.or(Some("Microsoft Graph")));
        });
        out.text("vendor_name", Some("Microsoft"));
        out.text("uid", source);
        out.object("feature", |out| {
            out.text("name", alert.take("detectionSource"));
        });
    });
}

fn finding_info(out: &mut Out, alert: &Object<'_>, times: &Times<'_>) {
    out.object("finding_info", |out| {
        out.text("uid", alert.take("id"));
        out.text("uid_alt", alert.take("providerAlertId"));
        out.text("title", alert.take("title"));
        out.text("desc", alert.take("description"));
        out.text("src_url", alert.take("alertWebUrl"));
        out.taken("created_time", times.created);
        out.taken("modified_time", times.updated);
        out.taken("first_seen_time", times.first);
        out.taken("last_seen_time", times.last);
        let mut categories: Vec<&str> = alert.take("category").into_iter().collect();
        for category in alert.take_texts("categories", |_| true) {
            if !categories.contains(&category) {
                categories.push(category);
            }
        }
        out.list("types", |out| {
            for category in &categories {
                out.item_text(category);
            }
        });
        if let Some(detector) = alert.take("detectorId") {
            out.object("analytic", |out| {
                // The title of an alert is the name of what found it.
                out.text("name", alert.text("title"));
                out.text("uid", Some(detector));
                let source = alert.text("detectionSource");
                let kind = codes::analytic(source);
                out.made_of([source], |out| out.coded("type_id", "type", kind));
            });
        }
        product(out, alert);
        attacks(out, alert, &categories);
        if let Some(incident) = alert.take("incidentId") {
            out.list("related_events", |out| {
                out.item(|out| {
                    out.text("uid", Some(incident));
                    out.text("type", Some("Incident"));
                });
            });
        }
    });
}

/// `resources`: the devices and users of the evidence, and what its pieces have as resources.
fn affected(out: &mut Out, pieces: &[Piece<'_>]) {
    let mut seen = Seen::default();
    out.list("resources", |out| {
        for piece in pieces {
            let Some((kind, name, uid)) = device_or_user(piece) else {
                continue;
            };
            if let Some(name) = name.or(uid)
                && seen.insert((kind, name, uid))
            {
                out.item(|out| {
                    out.text("name", Some(name));
                    out.text("uid", uid);
                    out.word("type", kind);
                });
            }
        }
        out.resources_of_evidence();
    });
}

/// What a device or a user is as a resource: type, name and id.
fn device_or_user<'a>(
    piece: &Piece<'a>,
) -> Option<(&'static str, Option<&'a str>, Option<&'a str>)> {
    let it = piece.it;
    if piece.is("device") {
        let name = it.text("deviceDnsName").or_else(|| it.text("hostName"));
        return Some(("Device", name, it.text("mdeDeviceId")));
    }
    if !(piece.is("user") || piece.is("mailbox")) {
        return None;
    }
    let account = it.object("userAccount");
    let text = |name| account.and_then(|account| account.text(name));
    let name = text("accountName")
        .or_else(|| text("userPrincipalName"))
        .or_else(|| it.text("upn"))
        .or_else(|| it.text("primaryAddress"));
    Some((
        "User",
        name,
        text("userSid").or_else(|| text("azureAdUserId")),
    ))
}

/// The words with which Defender marks the device that an alert is about.
const PRIMARY: [&str; 2] = ["PrimaryDevice", "Main device"];

fn primary_device<'o>(pieces: &[Piece<'o>]) -> Option<&'o Object<'o>> {
    // Graph lists some devices of which it knows nothing.
    let names = ["mdeDeviceId", "deviceDnsName", "hostName"];
    let is_known = |piece: &&Piece<'_>| piece.is("device") && piece.it.has_any(&names);
    let devices = || pieces.iter().filter(is_known).map(|piece| piece.it);
    let is_primary = |device: &&Object<'_>| {
        let mut roles = device.texts("detailedRoles");
        roles.any(|role| PRIMARY.contains(&role))
    };
    devices().find(is_primary).or_else(|| devices().next())
}

/// `malware`: what the alert names, and what its evidence does.
fn malware(out: &mut Out, alert: &Object<'_>, pieces: &[Piece<'_>]) {
    let named = alert.take("threatDisplayName");
    let named = named.or_else(|| alert.take("threatFamilyName"));
    let found = pieces.iter().filter(|piece| piece.is("malware"));
    let found = found
        .filter_map(|piece| piece.it.text("name"))
        .filter(|name| Some(*name) != named);
    out.list("malware", |out| {
        for name in named.into_iter().chain(found) {
            out.item(|out| {
                let (id, caption) = codes::malware(name);
                out.made_of([Some(name)], |out| {
                    out.text("name", Some(name));
                    out.list("classification_ids", |out| out.item_int(id));
                    out.list("classifications", |out| out.item_text(caption));
                });
            });
        }
    });
}
