use drawbridge_record::Format;
use drawbridge_record::ecs::{DataStream, Ecs};
use serde::{Deserialize, Serialize};

/// The data stream of Elasticsearch that a tenant's `ecs` records are for: `logs-DATASET-NAMESPACE`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DataStreamSettings {
    /// In place of `m365_defender.alert`, which Elastic's own rules ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// In place of `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl DataStreamSettings {
    /// The first of both names that is wrong, and what is wrong with it.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        [
            ("data_stream.dataset", &self.dataset),
            ("data_stream.namespace", &self.namespace),
        ]
        .into_iter()
        .find_map(|(field, name)| Some((field, DataStream::problem(name.as_deref()?)?)))
    }

    /// A format as a tenant with this data stream wants it.
    pub(crate) fn format(&self, format: &'static dyn Format) -> &'static dyn Format {
        match format.name() {
            ECS => Ecs::of_stream(self.stream()),
            _ => format,
        }
    }

    fn stream(&self) -> DataStream {
        let DataStream { dataset, namespace } = DataStream::DEFAULT;
        let or = |name: &Option<String>, default| name.clone().map_or(default, Into::into);
        DataStream {
            dataset: or(&self.dataset, dataset),
            namespace: or(&self.namespace, namespace),
        }
    }
}

/// The name of the format whose records name a data stream.
const ECS: &str = "ecs";

#[cfg(test)]
mod tests {
    use drawbridge_record::format;

    use crate::{ConfigError, Tenant};

    fn tenant(more: &str) -> Result<Tenant, ConfigError> {
        let text = format!(
            r#"[{{"name":"contoso","tenant_id":"t.example","client_id":"00000000-0000-0000-0000-00000000000c","secret":"arn"{more}}}]"#
        );
        Ok(Tenant::parse_list("DRAWBRIDGE_TENANTS", &text)?.remove(0))
    }

    fn namespace(tenant: &Tenant) -> String {
        let alert = drawbridge_alert::Alert::decode(r#"{"id":"da1"}"#).unwrap();
        let explained = tenant.format(format("ecs").unwrap()).explain(&alert);
        let mut keys = explained[0].keys.iter();
        let key = keys.find(|key| key.key == "data_stream.namespace").unwrap();
        key.value.as_str().unwrap().to_owned()
    }

    #[test]
    fn a_tenant_says_whose_its_data_stream_is() {
        assert_eq!(namespace(&tenant("").unwrap()), "default");
        let emea = tenant(r#","data_stream":{"namespace":"emea"}"#).unwrap();
        assert_eq!(namespace(&emea), "emea");
        let ecs = format("ecs").unwrap();
        assert!(std::ptr::addr_eq(emea.format(ecs), emea.format(ecs)));
        let siem = format("siem").unwrap();
        assert!(std::ptr::addr_eq(emea.format(siem), siem));
    }

    #[test]
    fn a_name_that_elasticsearch_refuses_is_named() {
        for (given, named) in [
            (
                r#"{"namespace":"Emea"}"#,
                "data_stream.namespace must be in lower case",
            ),
            (
                r#"{"dataset":"a-b"}"#,
                "data_stream.dataset must be in lower case",
            ),
            (r#"{"name":"emea"}"#, "unknown field `name`"),
        ] {
            let error = tenant(&format!(r#","data_stream":{given}"#)).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
