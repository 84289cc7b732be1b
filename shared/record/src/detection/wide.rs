//! The rules behind the values that the record of the old API has no keys for.

use std::borrow::Cow;
use std::net::IpAddr;

use drawbridge_alert::{Account, Application, Device, FileDetails, Message, RegistryValue, Text};

use super::entity::Entity;
use super::rules::{self, first, joined};
use super::{Row, address};

type Value<'r> = Cow<'r, str>;
const EMPTY: Value<'static> = Cow::Borrowed("");

fn entity<'r>(row: &Row<'r, 'r>) -> Option<Entity<'r, 'r>> {
    row.entity.map(|entity| entity.it)
}

fn number<'r>(number: Option<i64>) -> Value<'r> {
    number.map_or(EMPTY, |number| number.to_string().into())
}

/// A directory and a name in it, with the separator that the directory has.
fn full_path<'r>(file: Option<&'r FileDetails<'r>>) -> Value<'r> {
    let Some(file) = file else {
        return EMPTY;
    };
    let (directory, name) = (first([&file.file_path]), first([&file.file_name]));
    if directory.is_empty() || name.is_empty() {
        return directory;
    }
    let separator = match directory.ends_with(['\\', '/']) {
        true => "",
        false if directory.contains('/') => "/",
        false => "\\",
    };
    format!("{directory}{separator}{name}").into()
}

pub(crate) fn file_path<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    full_path(entity(row).and_then(Entity::file))
}

pub(crate) fn file_size<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let size = entity(row)
        .and_then(Entity::file)
        .and_then(|file| file.file_size);
    // The dictionary's integers have 32 bits.
    number(size.filter(|size| i32::try_from(*size).is_ok()))
}

pub(crate) fn process_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Process(process)) => number(process.process_id),
        _ => EMPTY,
    }
}

pub(crate) fn process_path<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Process(process)) => named_path(process.image_file.as_ref()),
        _ => EMPTY,
    }
}

pub(crate) fn parent_process_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Process(process)) => number(process.parent_process_id),
        _ => EMPTY,
    }
}

pub(crate) fn parent_process_path<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Process(process)) => named_path(process.parent_process_image_file.as_ref()),
        _ => EMPTY,
    }
}

/// The full path of an image, or its name where the directory is not known.
fn named_path<'r>(file: Option<&'r FileDetails<'r>>) -> Value<'r> {
    match full_path(file) {
        none if none.is_empty() => file.map_or(EMPTY, |file| first([&file.file_name])),
        path => path,
    }
}

/// The address at the other end of a connection; of anything else, of the record's device.
fn destination<'r>(row: &Row<'r, 'r>) -> Option<Value<'r>> {
    match entity(row) {
        Some(Entity::Connection(connection)) => {
            Some(rules::address_of(&connection.destination_address))
        }
        _ => None,
    }
}

fn of_kind(address: Value<'_>, kind: fn(IpAddr) -> bool) -> Value<'_> {
    if address.parse().is_ok_and(kind) {
        address
    } else {
        EMPTY
    }
}

pub(crate) fn destination_ipv4<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match destination(row) {
        Some(address) => of_kind(address, |ip| ip.is_ipv4()),
        None => address::device_ipv4(row),
    }
}

pub(crate) fn destination_ipv6<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    destination(row).map_or(EMPTY, |address| of_kind(address, |ip| ip.is_ipv6()))
}

pub(crate) fn destination_ip<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match destination(row) {
        Some(address) => of_kind(address, |_| true),
        None => address::device_ip(row),
    }
}

fn port<'r>(port: Option<i64>) -> Value<'r> {
    number(port.filter(|port| u16::try_from(*port).is_ok()))
}

pub(crate) fn source_port<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Connection(connection)) => port(connection.source_port),
        _ => EMPTY,
    }
}

pub(crate) fn destination_port<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Connection(connection)) => port(connection.destination_port),
        _ => EMPTY,
    }
}

pub(crate) fn protocol<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Connection(connection)) => first([&connection.protocol]),
        _ => EMPTY,
    }
}

pub(crate) fn domain_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Dns(dns)) => first([&dns.domain_name]),
        _ => EMPTY,
    }
}

pub(crate) fn dns_server<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::Dns(dns)) => rules::address_of(&dns.dns_server_ip),
        _ => EMPTY,
    }
}

fn message<'r>(row: &Row<'r, 'r>) -> Option<&'r Message<'r>> {
    match entity(row) {
        Some(Entity::Message(message)) => Some(message),
        _ => None,
    }
}

/// Who acts: the sender of a message, as its header says, else as its envelope does; else the user
/// of the record.
pub(crate) fn acting_user<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let Some(message) = message(row) else {
        return rules::user_name(row);
    };
    let senders = [&message.p2_sender, &message.p1_sender]
        .into_iter()
        .flatten();
    let addresses = senders.map(|sender| &sender.email_address);
    first(addresses.chain([&message.sender]))
}

pub(crate) fn message_domain<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let Some(message) = message(row) else {
        return EMPTY;
    };
    let senders = [&message.p2_sender, &message.p1_sender]
        .into_iter()
        .flatten();
    first(senders.map(|sender| &sender.domain_name))
}

pub(crate) fn sender_domain<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match message(row) {
        Some(_) => message_domain(row),
        None => rules::machine_domain(row),
    }
}

pub(crate) fn recipients<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let Some(message) = message(row) else {
        return EMPTY;
    };
    match first([&message.recipient_email_address]) {
        none if none.is_empty() => joined(message.recipients.iter().map(Text::as_str)),
        recipient => recipient,
    }
}

pub(crate) fn request<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match message(row) {
        Some(message) => joined(message.urls.iter().map(Text::as_str)),
        None => rules::url(row),
    }
}

pub(crate) fn subject<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    message(row).map_or(EMPTY, |message| first([&message.subject]))
}

pub(crate) fn network_message_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    message(row).map_or(EMPTY, |message| first([&message.network_message_id]))
}

pub(crate) fn internet_message_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    message(row).map_or(EMPTY, |message| first([&message.internet_message_id]))
}

pub(crate) fn delivery_action<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    message(row).map_or(EMPTY, |message| first([&message.delivery_action]))
}

/// 0 for what comes in, 1 for what goes out, as the dictionary has it.
pub(crate) fn direction<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let direction = message(row).and_then(|message| message.anti_spam_direction.as_deref());
    Cow::Borrowed(match direction {
        Some(word) if word.eq_ignore_ascii_case("inbound") => "0",
        Some(word) if word.eq_ignore_ascii_case("outbound") => "1",
        _ => "",
    })
}

pub(crate) fn registry_key<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let (hive, key) = match entity(row) {
        Some(Entity::RegistryKey(key)) => (&key.registry_hive, &key.registry_key),
        Some(Entity::RegistryValue(value)) => (&value.registry_hive, &value.registry_key),
        _ => return EMPTY,
    };
    match (first([hive]), first([key])) {
        (hive, key) if hive.is_empty() => key,
        (hive, key) => format!("{hive}\\{key}").into(),
    }
}

fn registry_value<'r>(row: &Row<'r, 'r>) -> Option<&'r RegistryValue<'r>> {
    match entity(row) {
        Some(Entity::RegistryValue(value)) => Some(value),
        _ => None,
    }
}

pub(crate) fn registry_value_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    registry_value(row).map_or(EMPTY, |value| first([&value.registry_value_name]))
}

pub(crate) fn registry_value_data<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    registry_value(row).map_or(EMPTY, |value| first([&value.registry_value]))
}

pub(crate) fn registry_value_type<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    registry_value(row).map_or(EMPTY, |value| first([&value.registry_value_type]))
}

fn application<'r>(row: &Row<'r, 'r>) -> Option<&'r Application<'r>> {
    match entity(row) {
        Some(Entity::Application(application)) => Some(application),
        _ => None,
    }
}

pub(crate) fn application_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    application(row).map_or(EMPTY, |application| first([&application.display_name]))
}

pub(crate) fn application_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    application(row).map_or(EMPTY, |application| {
        first([&application.app_id, &application.saas_app_id])
    })
}

pub(crate) fn application_instance<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    application(row).map_or(EMPTY, |application| {
        first([&application.instance_name, &application.instance_id])
    })
}

/// A lone hash of an algorithm that no other key is for.
pub(crate) fn other_hash<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    match entity(row) {
        Some(Entity::FileHash(hash)) => match hash.algorithm.as_deref() {
            Some("md5" | "sha1" | "sha256") => EMPTY,
            _ => first([&hash.value]),
        },
        _ => EMPTY,
    }
}

fn account<'r>(row: &Row<'r, 'r>) -> Option<&'r Account<'r>> {
    row.person()?.account()
}

pub(crate) fn user_principal_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    account(row).map_or(EMPTY, |account| first([&account.user_principal_name]))
}

pub(crate) fn user_sid<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    account(row).map_or(EMPTY, |account| first([&account.user_sid]))
}

pub(crate) fn user_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    account(row).map_or(EMPTY, |account| first([&account.azure_ad_user_id]))
}

fn other_device<'r>(row: &Row<'r, 'r>) -> Option<&'r Device<'r>> {
    row.other_device.map(|device| device.it)
}

pub(crate) fn other_device_name<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    other_device(row).map_or(EMPTY, |device| {
        first([&device.device_dns_name, &device.host_name])
    })
}

pub(crate) fn other_device_id<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    other_device(row).map_or(EMPTY, |device| first([&device.mde_device_id]))
}

pub(crate) fn other_device_address<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    other_device(row).map_or(EMPTY, |device| first([&device.last_ip_address]))
}
