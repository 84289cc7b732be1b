//! What CloudFormation made for a stack, that of its nested stacks included.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackResource;
use drawbridge_aws::Fault;
use futures::future::try_join_all;

use super::{Line, refusal};

const NESTED: &str = "AWS::CloudFormation::Stack";

/// One that CloudFormation made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// What the template calls it, such as `NoPollAlarm`; in a nested stack with that one's name before it:
    /// `Monitoring/NoPollAlarm`.
    pub(super) logical: String,
    /// What AWS calls it.
    pub(super) physical: String,
    /// Its type, such as `AWS::Lambda::Function`.
    kind: String,
}

#[cfg(test)]
impl Resource {
    /// An alarm, for tests.
    pub(super) fn alarm(logical: &str, physical: &str) -> Self {
        Self {
            logical: logical.to_owned(),
            physical: physical.to_owned(),
            kind: "AWS::CloudWatch::Alarm".to_owned(),
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Resources(Vec<Resource>);

impl Resources {
    /// Asks CloudFormation, once for the stack and once for each nested one.
    pub(super) async fn look(config: &SdkConfig, name: &str) -> Result<Self, Line> {
        let client = Client::new(config);
        let mut all = of_stack(&client, name, "").await?;
        let nested = all.iter().filter(|found| found.kind == NESTED);
        let nested = nested.map(|found| (found.physical.clone(), format!("{}/", found.logical)));
        let nested: Vec<_> = nested.collect();
        let nested = nested.iter().map(|(id, path)| of_stack(&client, id, path));
        all.extend(try_join_all(nested).await?.into_iter().flatten());
        // CloudFormation tells them in no order.
        all.sort_by(|one, other| one.logical.cmp(&other.logical));
        Ok(Self(all))
    }

    /// Those of a type.
    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.0.iter().filter(move |found| found.kind == kind)
    }
}

async fn of_stack(client: &Client, name: &str, path: &str) -> Result<Vec<Resource>, Line> {
    let asked = client.describe_stack_resources().stack_name(name);
    let answer = asked.send().await.map_err(|error| {
        let action = "cloudformation:DescribeStackResources";
        refusal(
            "stack",
            &format!("the stack {name}"),
            action,
            Fault::of(&error),
        )
    })?;
    let made = answer.stack_resources().iter();
    Ok(made.filter_map(|found| resource(found, path)).collect())
}

/// A resource from CloudFormation's description; `None` if it was not created yet.
fn resource(found: &StackResource, path: &str) -> Option<Resource> {
    Some(Resource {
        logical: format!("{path}{}", found.logical_resource_id()?),
        physical: found.physical_resource_id()?.to_owned(),
        kind: found.resource_type()?.to_owned(),
    })
}
