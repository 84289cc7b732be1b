//! Which records of the retired API a client wants, beside the time.

use std::borrow::Cow;

use serde::Deserialize;

/// The most values of a request. Each is compared with each record.
pub(crate) const MAX_VALUES: usize = 64;

/// The filters of a request; each lists values, in lower case, of which a record must have one.
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
    /// How many values it has; without any, it lets everything through.
    pub(crate) fn len(&self) -> usize {
        let lists = [&self.machine_groups, &self.device_tags, &self.cloud_tags];
        lists.into_iter().map(Vec::len).sum()
    }

    /// The records of a segment's lines that are wanted, each with its end.
    pub(crate) fn lines(&self, lines: Vec<u8>) -> Vec<u8> {
        if self.len() == 0 {
            return lines;
        }
        let lines = lines.split_inclusive(|byte| *byte == b'\n');
        let wanted: Vec<_> = lines.filter(|line| self.takes(line)).collect();
        wanted.concat()
    }

    /// Whether a record is wanted. One that cannot be read is: nobody would miss it.
    fn takes(&self, record: &[u8]) -> bool {
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
            let is_wanted = |one: &str| wanted.iter().any(|value| value == one.trim());
            wanted.is_empty() || there.to_lowercase().split(';').any(is_wanted)
        })
    }
}

/// The values of a parameter, which are separated by commas, in lower case.
pub(crate) fn values(text: &str) -> Vec<String> {
    let values = text.split(',').map(str::trim);
    let values = values.filter(|value| !value.is_empty());
    values.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values
            .iter()
            .flat_map(|value| super::values(value))
            .collect()
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
    fn of_a_segment_the_lines_that_are_wanted_are_left() {
        let lines = b"{\"MachineGroup\":\"A\"}\n{\"MachineGroup\":\"b\"}\n{\n".to_vec();
        assert_eq!(Filter::default().lines(lines.clone()), lines);
        let filter = Filter {
            machine_groups: list(&["a"]),
            ..Filter::default()
        };
        assert_eq!(filter.lines(lines), b"{\"MachineGroup\":\"A\"}\n{\n");
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
