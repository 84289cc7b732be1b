//! Which records of the retired API a client wants, beside the time.

use std::borrow::Cow;

use serde::Deserialize;

/// The filters of a request; each lists values of which a record must have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) machine_groups: Vec<String>,
    pub(crate) device_tags: Vec<String>,
    pub(crate) cloud_tags: Vec<String>,
}

/// What of a record is looked at. Tags are separated by semicolons.
#[derive(Deserialize)]
struct Filtered<'r> {
    #[serde(borrow, rename = "MachineGroup", default)]
    machine_group: Cow<'r, str>,
    #[serde(borrow, rename = "DeviceCreatedMachineTags", default)]
    device_tags: Cow<'r, str>,
    #[serde(borrow, rename = "CloudCreatedMachineTags", default)]
    cloud_tags: Cow<'r, str>,
}

impl Filter {
    /// Whether it lets everything through.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.machine_groups, &self.device_tags, &self.cloud_tags]
            .into_iter()
            .all(Vec::is_empty)
    }

    /// Whether a record is wanted. One that cannot be read is: nobody would miss it.
    pub(crate) fn takes(&self, record: &[u8]) -> bool {
        if self.is_empty() {
            return true;
        }
        let Ok(record) = serde_json::from_slice::<Filtered<'_>>(record) else {
            return true;
        };
        [
            (&self.machine_groups, &record.machine_group),
            (&self.device_tags, &record.device_tags),
            (&self.cloud_tags, &record.cloud_tags),
        ]
        .into_iter()
        .all(|(wanted, there)| {
            let is_there = |value: &String| {
                let mut there = there.split(';').map(str::trim);
                there.any(|one| one.to_lowercase() == value.to_lowercase())
            };
            wanted.is_empty() || wanted.iter().any(is_there)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn any_of_a_list_and_all_of_the_lists_without_regard_to_case() {
        let record = br#"{"MachineGroup":"Ser\u0076ers","DeviceCreatedMachineTags":"tier0;Berlin",
            "CloudCreatedMachineTags":"tier0; Berlin"}"#;
        for (groups, device, cloud, is_taken) in [
            (&[][..], &[][..], &[][..], true),
            (&["servers"], &[], &[], true),
            (&["laptops", "SERVERS"], &[], &[], true),
            (&["laptops"], &[], &[], false),
            (&["server"], &[], &[], false),
            (&[], &["berlin"], &["BERLIN", "x"], true),
            (&[], &["tier0;berlin"], &[], false),
            (&["servers"], &["x"], &[], false),
        ] {
            let filter = Filter {
                machine_groups: list(groups),
                device_tags: list(device),
                cloud_tags: list(cloud),
            };
            assert_eq!(filter.takes(record), is_taken, "{filter:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_shown_and_what_is_not_said_is_not_there() {
        let filter = Filter {
            machine_groups: list(&["a"]),
            ..Filter::default()
        };
        assert!(filter.takes(b"{"));
        assert!(!filter.takes(b"{}"));
    }
}
