use super::super::codes;
use super::super::observable::{HOSTNAME, IP_ADDRESS, MAC_ADDRESS};
use super::super::write::Out;
use super::network::{is_address, is_mac};
use super::{Context, cloud};
use crate::tree::Object;

/// `device` of a `deviceEvidence`.
pub(in crate::ocsf) fn device(out: &mut Out, it: &Object<'_>) {
    let address = it.text("lastIpAddress").filter(|text| is_address(text));
    let names = ["mdeDeviceId", "hostName", "deviceDnsName"];
    let machine = it.object("vmMetadata");
    let machine_id = machine.and_then(|machine| machine.take("vmId"));
    if !it.has_any(&names) && address.is_none() && machine_id.is_none() {
        return;
    }
    out.object("device", |out| {
        let system = it.text("osPlatform");
        kind(out, system);
        out.text("uid", it.take("mdeDeviceId"));
        out.text("uid_alt", it.take("azureAdDeviceId"));
        out.observed(HOSTNAME, "name", it.take("hostName"));
        let host_name = it.take("deviceDnsName");
        out.observed(HOSTNAME, "hostname", host_name.or(it.text("hostName")));
        let domain = it.take("dnsDomain");
        out.text("domain", domain.or_else(|| it.take("ntDomain")));
        out.observed(IP_ADDRESS, "ip", it.take_if("lastIpAddress", is_address));
        out.list("network_interfaces", |out| {
            for address in it.take_texts("ipInterfaces", is_address) {
                out.item(|out| out.observed(IP_ADDRESS, "ip", Some(address)));
            }
        });
        operating_system(out, it, "osPlatform", "version");
        out.text("instance_uid", machine_id);
        let word = it.text("riskScore");
        if let Some(risk) = codes::risk(word) {
            out.made_of([word], |out| {
                out.coded("risk_level_id", "risk_level", risk);
            });
        }
        out.list("groups", |out| {
            out.item(|out| {
                out.text("name", it.take("rbacGroupName"));
                out.int_text("uid", it.take_int("rbacGroupId"));
            });
        });
        out.taken("first_seen_time", it.time("firstSeenDateTime"));
    });
}

/// What a device is, as far as its operating system tells.
fn kind(out: &mut Out, system: Option<&str>) {
    let code = codes::device(system);
    out.made_of([system], |out| out.coded("type_id", "type", code));
}

fn operating_system(out: &mut Out, it: &Object<'_>, name: &str, version: &str) {
    let Some(system) = it.take(name) else { return };
    out.object("os", |out| {
        out.text("name", Some(system));
        let code = codes::system(system);
        out.made_of([Some(system)], |out| out.coded("type_id", "type", code));
        out.int_text("build", it.take_int("osBuild"));
        out.text("version", it.take(version));
    });
}

/// `device` of another evidence that says which device it was found on.
pub(super) fn found_on(out: &mut Out, it: &Object<'_>) {
    if let Some(id) = it.take("mdeDeviceId") {
        out.object("device", |out| {
            kind(out, None);
            out.text("uid", Some(id));
        });
    }
}

/// `device` of which no more than the name and the operating system are known.
pub(super) fn named(out: &mut Out, it: &Object<'_>) {
    if let Some(name) = it.take("deviceName") {
        out.object("device", |out| {
            kind(out, it.text("operatingSystem"));
            out.observed(HOSTNAME, "name", Some(name));
            operating_system(out, it, "operatingSystem", "");
        });
    }
}

/// `device` and its hub of an `ioTDeviceEvidence`.
pub(super) fn iot(out: &mut Out, it: &Object<'_>, context: Context) {
    let address = it.object("ipAddress");
    let has_address = address.is_some_and(|ip| ip.text("ipAddress").is_some_and(is_address));
    if it.has_any(&["deviceId", "deviceName"]) || has_address {
        out.object("device", |out| {
            out.coded("type_id", "type", (7, "IOT"));
            out.text("uid", it.take("deviceId"));
            out.observed(HOSTNAME, "name", it.take("deviceName"));
            out.observed(
                IP_ADDRESS,
                "ip",
                address.and_then(|ip| ip.take_if("ipAddress", is_address)),
            );
            out.observed(MAC_ADDRESS, "mac", it.take_if("macAddress", is_mac));
            out.list("network_interfaces", |out| {
                for nic in it.objects("nics") {
                    let address = nic.object("ipAddress");
                    out.item(|out| {
                        out.observed(
                            IP_ADDRESS,
                            "ip",
                            address.and_then(|ip| ip.take_if("ipAddress", is_address)),
                        );
                        out.observed(MAC_ADDRESS, "mac", nic.take_if("macAddress", is_mac));
                    });
                }
            });
            operating_system(out, it, "operatingSystem", "");
            out.object("hw_info", |out| {
                out.text("serial_number", it.take("serialNumber"));
            });
            out.text("vendor_name", it.take("manufacturer"));
            out.text("model", it.take("model"));
            out.text("zone", it.take("zone"));
        });
    }
    if let Some(hub) = it.object("ioTHub") {
        out.list("resources", |out| cloud::azure_resource(out, hub, context));
    }
}
