//! The question asked of Graph.

use drawbridge_entra::Endpoints;
use jiff::Timestamp;
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::resource::Resource;

/// The largest page Graph serves; it clamps greater values without a word.
pub const MAX_TOP: u32 = 1000;

/// A half-open window of the resource's time, and how many alerts to put on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertQuery {
    /// First instant of the window (`ge`).
    pub from: Timestamp,
    /// First instant behind the window (`lt`).
    pub to: Timestamp,
    /// `serviceSource` values to keep, such as `microsoftDefenderForEndpoint`; all when empty.
    pub service_sources: Vec<String>,
    /// `severity` values to keep, such as `high`; all when empty.
    pub severities: Vec<String>,
    /// Alerts per page: 1 to [`MAX_TOP`]; values outside are moved inside.
    pub top: u32,
    /// How large a page may be.
    pub room: Room,
}

/// How large a page may be that is asked for, by the memory there is for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Room {
    /// `Settings::max_small_bytes`: beside the pages of other tenants.
    Small,
    /// `Settings::max_body_bytes`.
    #[default]
    Usual,
    /// `Settings::max_alert_bytes`: for a page of one alert.
    Large,
}

impl AlertQuery {
    /// The `$filter` expression, not yet encoded.
    ///
    /// Both bounds are cut to the 100 ns that Graph keeps, so that windows that touch still touch
    /// and do not overlap.
    pub(crate) fn filter(&self, resource: &Resource) -> String {
        let from = instant(self.from);
        let to = instant(self.to);
        let time = resource.time_property;
        let mut filter = format!("{time} ge {from} and {time} lt {to}");
        let narrowed = [
            (resource.service_property, &self.service_sources),
            (resource.severity_property, &self.severities),
        ];
        for (property, values) in narrowed {
            let terms: Vec<String> = values
                .iter()
                .map(|value| format!("{property} eq '{}'", value.replace('\'', "''")))
                .collect();
            match terms.as_slice() {
                [] => {}
                [one] => filter.push_str(&format!(" and {one}")),
                several => filter.push_str(&format!(" and ({})", several.join(" or "))),
            }
        }
        filter
    }

    /// What makes the query senseless, if anything.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.from >= self.to {
            Some("the window is empty, its start must lie before its end")
        } else if self.from < Timestamp::UNIX_EPOCH {
            // OData has no sign in front of a year, and nobody has alerts from before 1970.
            Some("the window starts before 1970")
        } else {
            None
        }
    }

    /// The address of this query and of the question how many alerts there are.
    pub(crate) fn counting(&self, resource: &Resource, endpoints: &Endpoints) -> Url {
        let mut url = self.on(resource, endpoints);
        let query = url.query().unwrap_or_default();
        let counting = format!("{query}&$count=true");
        url.set_query(Some(&counting));
        url
    }

    /// The address of this query. `$skip` is never used: Graph refuses it past 500.
    pub(crate) fn on(&self, resource: &Resource, endpoints: &Endpoints) -> Url {
        let filter: String = byte_serialize(self.filter(resource).as_bytes()).collect();
        let mut url = resource.url(endpoints);
        let top = self.top.clamp(1, MAX_TOP);
        url.set_query(Some(&format!("$filter={filter}&$top={top}")));
        url
    }
}

/// OData `DateTimeOffset`: UTC, and seven digits of a second unless it is a whole one.
fn instant(at: Timestamp) -> String {
    if at.subsec_nanosecond() == 0 {
        format!("{at:.0}")
    } else {
        format!("{at:.7}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::ALERTS;
    use proptest::prelude::*;

    fn endpoints() -> Endpoints {
        let graph: Url = "https://graph.example".parse().unwrap();
        Endpoints::custom(graph.clone(), graph).unwrap()
    }

    fn query(sources: &[&str]) -> AlertQuery {
        AlertQuery {
            from: "2026-11-23T20:00:00Z".parse().unwrap(),
            to: "2026-11-23T20:05:00.1234567Z".parse().unwrap(),
            service_sources: sources.iter().map(|s| (*s).to_owned()).collect(),
            severities: Vec::new(),
            top: 100,
            room: Room::Usual,
        }
    }

    #[test]
    fn the_window_is_half_open_and_the_source_optional() {
        let window = "lastUpdateDateTime ge 2026-11-23T20:00:00Z and \
                      lastUpdateDateTime lt 2026-11-23T20:05:00.1234567Z";
        assert_eq!(query(&[]).filter(&ALERTS), window);
        assert_eq!(
            query(&["a"]).filter(&ALERTS),
            format!("{window} and serviceSource eq 'a'")
        );
        assert_eq!(
            query(&["a", "b'c"]).filter(&ALERTS),
            format!("{window} and (serviceSource eq 'a' or serviceSource eq 'b''c')")
        );
        let severe = AlertQuery {
            severities: vec!["high".into(), "medium".into()],
            ..query(&["a"])
        };
        assert_eq!(
            severe.filter(&ALERTS),
            format!(
                "{window} and serviceSource eq 'a' and (severity eq 'high' or severity eq 'medium')"
            )
        );
    }

    #[test]
    fn it_is_encoded_the_way_graph_documents_it() {
        assert_eq!(
            query(&["a"]).on(&ALERTS, &endpoints()).as_str(),
            "https://graph.example/v1.0/security/alerts_v2?$filter=lastUpdateDateTime+ge+\
             2026-11-23T20%3A00%3A00Z+and+lastUpdateDateTime+lt+2026-11-23T20%3A05%3A00.1234567Z\
             +and+serviceSource+eq+%27a%27&$top=100"
        );
    }

    #[test]
    fn an_empty_or_ancient_window_is_a_problem() {
        let mut q = query(&[]);
        assert_eq!(q.problem(), None);
        q.to = q.from;
        assert!(q.problem().is_some());
        q.from = "0001-01-01T00:00:00Z".parse().unwrap();
        assert!(q.problem().is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is sent reads back as exactly two parameters with the values meant.
        #[test]
        fn the_query_string_reads_back(
            from in 0i64..4_000_000_000,
            length in 1i64..10_000_000,
            nanos in 0i32..1_000_000_000,
            sources in prop::collection::vec("\\PC{0,20}", 0..4),
            top in any::<u32>(),
        ) {
            let query = AlertQuery {
                from: Timestamp::new(from, nanos).unwrap(),
                to: Timestamp::new(from + length, nanos).unwrap(),
                service_sources: sources,
                severities: vec!["high".to_owned()],
                top,
                room: Room::Usual,
            };
            let url = query.on(&ALERTS, &endpoints());
            let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs.len(), 2);
            prop_assert_eq!(&pairs[0], &("$filter".to_owned(), query.filter(&ALERTS)));
            prop_assert_eq!(&pairs[1].0, "$top");
            let sent_top: u32 = pairs[1].1.parse().unwrap();
            prop_assert!((1..=MAX_TOP).contains(&sent_top));
            prop_assert!(url.as_str().parse::<http::Uri>().is_ok());
            prop_assert_eq!(url.fragment(), None);
        }

        /// Windows that touch share their bound to the letter.
        #[test]
        fn touching_windows_share_their_bound(secs in 0i64..4_000_000_000, nanos in 0i32..1_000_000_000) {
            let bound = Timestamp::new(secs, nanos).unwrap();
            let text = instant(bound);
            let read: Timestamp = text.parse().unwrap();
            prop_assert!(read <= bound);
            prop_assert!(bound.as_nanosecond() - read.as_nanosecond() < 100);
        }
    }
}
