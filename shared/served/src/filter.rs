//! Which records of the retired API a client wants, beside the time.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter;

use serde::Deserialize;

/// The most values of a request. Each is compared with each record.
pub(crate) const MAX_VALUES: usize = 64;

/// The filters of a request; each lists values of which a record must have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) machine_groups: Values,
    pub(crate) device_tags: Values,
    pub(crate) cloud_tags: Values,
}

/// The values of a parameter, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values(BTreeSet<String>);

/// What of a record is looked at.
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
        lists.into_iter().map(Values::len).sum()
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
        self.machine_groups.have(&record.machine_group)
            && self.device_tags.have_one_of(&record.device_tags)
            && self.cloud_tags.have_one_of(&record.cloud_tags)
    }
}

impl Values {
    /// Adds a value, or several that are separated by commas. A name may have a comma itself: it is taken
    /// for both, since what is shown too often is no loss.
    pub(crate) fn add(&mut self, text: &str) {
        let text = text.trim().to_lowercase();
        let parts = text.split(',').map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        self.0.extend(parts.iter().map(|part| (*part).to_owned()));
        if !parts.is_empty() {
            self.0.insert(text);
        }
    }

    /// The names that were added. Adding one again changes nothing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are: names, or texts that are both a name and several, whichever are more.
    fn len(&self) -> usize {
        let texts = self.iter().filter(|value| value.contains(',')).count();
        texts.max(self.0.len() - texts)
    }

    /// Whether the list has a name. An empty list has every name.
    fn have(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.contains(name.trim().to_lowercase().as_str())
    }

    /// Whether the list has one of a record's tags, which are separated by semicolons. An empty list has
    /// every tag.
    fn have_one_of(&self, tags: &str) -> bool {
        let tags = tags.to_lowercase();
        self.0.is_empty() || self.iter().any(|value| is_one_of(value, &tags))
    }
}

/// Whether a tag is in a list of them. One that has a semicolon itself stands there as several.
fn is_one_of(tag: &str, tags: &str) -> bool {
    let is_first = |tags: &str| {
        let rest = tags.trim_start().strip_prefix(tag).map(str::trim_start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(';'))
    };
    let behind = tags.match_indices(';').map(|(at, _)| &tags[at + 1..]);
    iter::once(tags).chain(behind).any(is_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Values {
        let mut list = Values::default();
        values.iter().for_each(|value| list.add(value));
        list
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
            (&[], &["ber", "tier", "0", ";", "tier0;ber"], &[], false),
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
    fn a_name_may_have_a_comma_or_a_semicolon() {
        for (asked, group, is_taken) in [
            ("EU, Servers", "EU, Servers", true),
            ("EU, Servers", "Servers", true),
            ("Servers", "EU, Servers", false),
            ("EU; Servers", "EU; Servers", true),
            ("Servers", "EU; Servers", false),
            (" EU,Servers ", " eu,servers", true),
        ] {
            assert_eq!(list(&[asked]).have(group), is_taken, "{asked} of {group}");
        }
        for (asked, tags, is_taken) in [
            ("a,b", "x;a,b", true),
            ("a,b", "b;x", true),
            ("a", "a,b", false),
            ("EU; Servers", "x; EU; Servers ;y", true),
            ("a;b", "a;b", true),
            ("a;a", "xa;a;a", true),
            ("a;b", "a;bc;b", false),
            ("ä", "Ä", true),
        ] {
            assert_eq!(
                list(&[asked]).have_one_of(tags),
                is_taken,
                "{asked} of {tags}"
            );
        }
    }

    #[test]
    fn what_was_added_is_the_same_when_it_is_added_again() {
        let once = list(&["a, b", "c", ",", " "]);
        let twice: Vec<&str> = once.iter().collect();
        assert_eq!(twice, ["a", "a, b", "b", "c"]);
        assert_eq!(list(&twice), once);
        assert_eq!(once.len(), 3);
        // Texts that all mean the same names are compared one by one.
        assert_eq!(list(&["a,b", "a,,b", "b,a"]).len(), 3);
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
