use std::collections::BTreeMap;

use drawbridge_telemetry::shown;

/// The items that could not be delivered, by the reason: many have the same.
#[derive(Default)]
pub(super) struct Left {
    by_reason: BTreeMap<String, Items>,
}

struct Items {
    /// The first of them.
    first: String,
    count: usize,
}

impl Left {
    pub(super) fn add(&mut self, id: String, reason: String) {
        let new = Items {
            first: id,
            count: 0,
        };
        self.by_reason.entry(reason).or_insert(new).count += 1;
    }

    /// A line for each reason.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.by_reason.iter().map(|(reason, items)| {
            let (first, reason) = (shown(&items.first), shown(reason));
            match items.count {
                1 => format!("{first}: left where it is: {reason}"),
                count => {
                    format!("{count} items, such as {first}: left where they are: {reason}")
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Left;

    #[test]
    fn a_reason_is_said_once_with_the_number_of_its_items() {
        let mut left = Left::default();
        for (id, reason) in [("c/1", "full"), ("c/2", "broken"), ("c/3", "full")] {
            left.add(id.to_owned(), reason.to_owned());
        }
        let lines: Vec<String> = left.lines().collect();
        assert_eq!(
            lines,
            [
                "c/2: left where it is: broken",
                "2 items, such as c/1: left where they are: full",
            ]
        );
    }
}
