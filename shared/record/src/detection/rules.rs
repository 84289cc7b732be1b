//! The rules behind the keys that are more than one property.

use std::borrow::Cow;

use drawbridge_alert::{Device, FileDetails, Text, Timestamp};

use super::entity::Entity;
use super::identity::lower;
use super::person::Person;
use super::row::Row;

type Value<'r> = Cow<'r, str>;
const EMPTY: Value<'static> = Cow::Borrowed("");

/// The first of several that is there and not empty.
pub(super) fn first<'r>(values: impl IntoIterator<Item = &'r Option<Text<'r>>>) -> Value<'r> {
    let found = values.into_iter().flatten().find(|text| !text.is_empty());
    found.map_or(EMPTY, |text| Cow::Borrowed(text.as_str()))
}

pub(super) fn joined<'t, T: AsRef<str> + 't>(parts: impl Iterator<Item = T>) -> Value<'static> {
    let mut joined = String::new();
    for part in parts.filter(|part| !part.as_ref().is_empty()) {
        if !joined.is_empty() {
            joined.push(';');
        }
        joined.push_str(part.as_ref());
    }
    joined.into()
}

fn device<'r>(row: &Row<'r, 'r>) -> Option<&'r Device<'r>> {
    row.device.map(|device| device.it)
}

fn file<'r>(row: &Row<'r, 'r>) -> Option<&'r FileDetails<'r>> {
    row.entity.and_then(|entity| entity.it.file())
}

/// The old API gave the id where it knew no name; one reader fails on an empty one.
pub(crate) fn computer_dns_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match device(row) {
        Some(device) => first([
            &device.device_dns_name,
            &device.host_name,
            &device.mde_device_id,
        ]),
        None => device_id(row),
    }
}

pub(crate) fn title<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.title])
}

/// When the alert came up, as far as Graph says.
pub(crate) fn created<'r>(row: &Row<'r, 'r>) -> Option<&'r Timestamp<'r>> {
    let alert = row.alert;
    let times = [&alert.created, &alert.first_activity, &alert.last_update];
    times.into_iter().find_map(Option::as_ref)
}

/// Where the fraction of a second stands in a time such as `2026-09-01T10:00:00.5Z`.
const FRACTION_AT: usize = "2026-09-01T10:00:00".len();

/// Graph's own text of a time, with a fraction where Graph left it out: two readers demand one.
pub(crate) fn time_text<'t>(time: &'t Timestamp<'_>) -> Value<'t> {
    let text = time.text.as_str();
    match (time.instant, text.split_at_checked(FRACTION_AT)) {
        (Some(_), Some((seconds, zone @ ("Z" | "z")))) => {
            Cow::Owned(format!("{seconds}.0000000{zone}"))
        }
        _ => Cow::Borrowed(text),
    }
}

pub(crate) fn last_activity<'r>(row: &Row<'r, 'r>) -> Option<&'r Timestamp<'r>> {
    let alert = row.alert;
    alert.last_activity.as_ref().or(alert.last_update.as_ref())
}

/// `category` is deprecated in favour of `categories` since May 2026.
pub(crate) fn category<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match first([&row.alert.category]) {
        none if none.is_empty() => {
            let category = row.alert.categories.iter().map(Text::as_str);
            Cow::Borrowed(
                category
                    .into_iter()
                    .find(|c| !c.is_empty())
                    .unwrap_or_default(),
            )
        }
        category => category,
    }
}

/// A reader fails on words that it does not know, so that none is one of its own.
pub(crate) fn severity<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match first([&row.alert.severity]) {
        none if matches!(&*none, "" | "unknown") => Cow::Borrowed("UnSpecified"),
        severity => capitalised(severity),
    }
}

/// The severity from 1 to 10, in the bands of CEF: to 3 low, to 6 medium, to 8 high. One that is not
/// known here is neither hidden among the low ones nor an alarm.
pub(crate) fn severity_number<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    Cow::Borrowed(match row.alert.severity.as_deref() {
        Some("informational") => "1",
        Some("low") => "3",
        Some("high") => "8",
        _ => "5",
    })
}

/// What kind of event it is. Never blank: readers trim the fields of a header and refuse an empty one.
pub(crate) fn event_class<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    // A pipe and a backslash may have to become blanks.
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '|' | '\\');
    header_field([&row.alert.detector_id, &row.alert.category], is_blank)
}

/// What to call the event. Never blank.
pub(crate) fn event_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    header_field([&row.alert.title, &row.alert.category], char::is_whitespace)
}

fn header_field<'r>(values: [&'r Option<Text<'r>>; 2], is_blank: fn(char) -> bool) -> Value<'r> {
    let texts = values.into_iter().flatten();
    let mut trimmed = texts.map(|text| text.trim_matches(is_blank));
    Cow::Borrowed(trimmed.find(|text| !text.is_empty()).unwrap_or("alert"))
}

/// The time of the alert in the notation of [`dev_time_format`]; empty where Graph's text is not a time.
pub(crate) fn dev_time<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match created(row).and_then(|time| time.instant) {
        Some(instant) => Cow::Owned(instant.strftime("%b %d %Y %H:%M:%S.%3f UTC").to_string()),
        None => EMPTY,
    }
}

/// One of the notations that IBM lists, in Java's letters.
pub(crate) fn dev_time_format<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match created(row).and_then(|time| time.instant) {
        Some(_) => Cow::Borrowed("MMM dd yyyy HH:mm:ss.SSS zzz"),
        None => EMPTY,
    }
}

pub(crate) fn alert_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    Cow::Borrowed(row.alert.id.as_str())
}

pub(crate) fn actor<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.actor_display_name])
}

pub(crate) fn alert_url<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.alert_web_url])
}

pub(crate) fn incident_url<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.incident_web_url])
}

pub(crate) fn sha1<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    hash(row, |file| [&file.sha1; 2], &["sha1"])
}

pub(crate) fn sha256<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    hash(row, |file| [&file.sha256; 2], &["sha256"])
}

pub(crate) fn md5<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    hash(row, |file| [&file.md5; 2], &["md5"])
}

pub(crate) fn file_hash<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    hash(row, |file| [&file.sha1, &file.sha256], &["sha1", "sha256"])
}

/// The first of two hashes of the file, or a lone hash of one of these algorithms.
fn hash<'r>(
    row: &Row<'r, 'r>,
    of_file: fn(&'r FileDetails<'r>) -> [&'r Option<Text<'r>>; 2],
    algorithms: &[&str],
) -> Value<'r> {
    match row.entity.map(|entity| entity.it) {
        Some(Entity::FileHash(hash)) => {
            let algorithm = hash.algorithm.as_deref().unwrap_or_default();
            let is_it = algorithms.contains(&algorithm);
            lowered(if is_it { first([&hash.value]) } else { EMPTY })
        }
        _ => file(row).map_or(EMPTY, |file| lowered(first(of_file(file)))),
    }
}

pub(crate) fn file_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    file(row).map_or(EMPTY, |file| first([&file.file_name]))
}

pub(crate) fn file_path<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    file(row).map_or(EMPTY, |file| first([&file.file_path]))
}

/// An address of its own, or, on a record that is about no entity but a user, the sender's of the
/// alert's message.
pub(crate) fn ip_address<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match row.entity.map(|entity| entity.it) {
        Some(Entity::Ip(ip)) => first([&ip.ip_address]),
        Some(Entity::Message(message)) => first([&message.sender_ip]),
        Some(Entity::Connection(connection)) => address_of(&connection.source_address),
        Some(Entity::Dns(dns)) => address_of(&dns.host_ip_address),
        Some(Entity::User(_)) | None => match row.message {
            Some(message) => first([&message.it.sender_ip]),
            None => EMPTY,
        },
        Some(_) => EMPTY,
    }
}

pub(super) fn address_of<'r>(ip: &'r Option<drawbridge_alert::Ip<'r>>) -> Value<'r> {
    ip.as_ref().map_or(EMPTY, |ip| first([&ip.ip_address]))
}

pub(crate) fn url<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match row.entity.map(|entity| entity.it) {
        Some(Entity::Url(url)) => first([&url.url]),
        _ => EMPTY,
    }
}

pub(crate) fn detector_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.detector_id])
}

pub(crate) fn user_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let name = row.person().and_then(Person::name);
    Cow::Borrowed(name.map_or("", |(name, _)| name))
}

pub(crate) fn user_domain<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    Cow::Borrowed(row.person().map_or("", |person| person.domain()))
}

pub(crate) fn threat_category<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    joined(row.alert.mitre_techniques.iter().map(Text::as_str))
}

pub(crate) fn threat_family<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.threat_family_name])
}

pub(crate) fn threat_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.threat_display_name])
}

fn status<'r>(row: &Row<'r, 'r>) -> &'r str {
    row.entity
        .and_then(|entity| entity.it.remediation_status())
        .unwrap_or_default()
}

/// Whether the antivirus raised the alert: two flags of the old record told of its detections
/// alone, and rules alarm on them.
fn is_antivirus(row: &Row<'_, '_>) -> bool {
    row.alert.detection_source.as_deref() == Some("antivirus")
}

pub(crate) fn remediation_action<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match status(row) {
        "none" | "unknown" | "active" | "notFound" => EMPTY,
        action => Cow::Borrowed(action),
    }
}

pub(crate) fn remediation_is_success(row: &Row<'_, '_>) -> Option<bool> {
    match status(row) {
        "remediated" | "prevented" | "blocked" => Some(true),
        "unremediated" | "declined" | "partiallyRemediated" => Some(false),
        "active" if is_antivirus(row) => Some(false),
        _ => None,
    }
}

pub(crate) fn was_executing(row: &Row<'_, '_>) -> Option<bool> {
    let Some(Entity::Process(process)) = row.entity.map(|entity| entity.it) else {
        return None;
    };
    match process.detection_status.as_deref() {
        _ if !is_antivirus(row) => None,
        Some("detected" | "blocked") => Some(true),
        Some("prevented") => Some(false),
        _ => None,
    }
}

/// Graph's names for what raised an alert, and the words of the old API.
const SOURCES: &[(&str, &str)] = &[
    ("microsoftDefenderForEndpoint", "EDR"),
    ("antivirus", "Antivirus"),
    ("smartScreen", "SmartScreen"),
    ("customTi", "Custom TI"),
    ("customDetection", "Custom detection"),
    ("automatedInvestigation", "Automated investigation"),
];

pub(crate) fn source<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let graph = first([&row.alert.detection_source]);
    match SOURCES.iter().find(|(name, _)| *name == graph) {
        Some((_, word)) => Cow::Borrowed(word),
        None => capitalised(graph),
    }
}

pub(crate) fn log_on_users<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let Some(device) = device(row) else {
        return EMPTY;
    };
    joined(device.logged_on_users.iter().map(|user| {
        let name = first([&user.account_name]);
        match user.domain_name.as_deref() {
            Some(domain) if !domain.is_empty() && !name.is_empty() => {
                Cow::Owned(format!("{domain}\\{name}"))
            }
            _ => name,
        }
    }))
}

pub(crate) fn machine_domain<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let Some(device) = device(row) else {
        return EMPTY;
    };
    match first([&device.dns_domain]) {
        domain if domain.is_empty() => {
            let dns_name = device.device_dns_name.as_deref().unwrap_or_default();
            Cow::Borrowed(dns_name.split_once('.').map_or("", |(_, domain)| domain))
        }
        domain => domain,
    }
}

pub(crate) fn machine_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let Some(device) = device(row) else {
        return EMPTY;
    };
    match first([&device.host_name]) {
        name if name.is_empty() => {
            let dns_name = device.device_dns_name.as_deref().unwrap_or_default();
            Cow::Borrowed(dns_name.split('.').next().unwrap_or_default())
        }
        name => name,
    }
}

/// The addresses of the device: its interfaces', and the last one that it was seen with where that
/// is another. Many devices have the last one alone.
pub(crate) fn device_addresses<'r>(row: &Row<'r, 'r>) -> impl Iterator<Item = &'r str> {
    let device = device(row);
    let interfaces = device.map_or(&[][..], |device| &device.ip_interfaces);
    let last = device.and_then(|device| device.last_ip_address.as_ref());
    let other = last.filter(|last| !interfaces.contains(last));
    interfaces.iter().chain(other).map(Text::as_str)
}

pub(crate) fn ipv4_list<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    joined(device_addresses(row).filter(|address| !address.contains(':')))
}

pub(crate) fn ipv6_list<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    joined(device_addresses(row).filter(|address| address.contains(':')))
}

pub(crate) fn device_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let of_device = device(row).map_or(EMPTY, |device| first([&device.mde_device_id]));
    match row.entity.and_then(|entity| entity.it.device_id()) {
        Some(id) if of_device.is_empty() => Cow::Borrowed(id),
        _ => of_device,
    }
}

pub(crate) fn machine_group<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    device(row).map_or(EMPTY, |device| first([&device.rbac_group_name]))
}

pub(crate) fn description<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    first([&row.alert.description])
}

pub(crate) fn tags<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    device(row).map_or(EMPTY, |device| joined(device.tags.iter().map(Text::as_str)))
}

pub(crate) fn command_line<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match row.entity.map(|entity| entity.it) {
        Some(Entity::Process(process)) => first([&process.process_command_line]),
        _ => EMPTY,
    }
}

fn lowered(text: Value<'_>) -> Value<'_> {
    match text {
        Cow::Borrowed(text) => lower(text),
        owned => owned,
    }
}

fn capitalised(text: Value<'_>) -> Value<'_> {
    match text.chars().next() {
        Some(letter) if letter.is_lowercase() => {
            let mut capitalised = String::with_capacity(text.len());
            capitalised.extend(letter.to_uppercase());
            capitalised.push_str(&text[letter.len_utf8()..]);
            Cow::Owned(capitalised)
        }
        _ => text,
    }
}
