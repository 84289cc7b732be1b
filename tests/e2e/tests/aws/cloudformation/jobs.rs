use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use serde_json::{Value, json};

use super::world::{TENANT, World};

/// What is done to the jobs queue and the dead-letter queue behind it.
impl World {
    /// Puts a job on the jobs queue, with an id that no other has.
    pub(crate) async fn send_job(&self, body: &str, id: &str) {
        self.sqs
            .send_message()
            .queue_url(self.url("JobsQueueUrl"))
            .message_body(body)
            .message_group_id(TENANT)
            .message_deduplication_id(id)
            .send()
            .await
            .unwrap();
    }

    /// What jobs look like.
    pub(crate) fn job() -> String {
        json!({"tenant": TENANT}).to_string()
    }

    /// Lets a job fail once only before it goes to the dead-letter queue.
    ///
    /// For this test alone: in the template it is thirty times, with longer and longer pauses
    /// between, which takes two hours.
    pub(crate) async fn fail_once_only(&self) {
        let url = self.url("JobsQueueUrl");
        let got = self.sqs.get_queue_attributes().queue_url(url);
        let got = got.attribute_names(Attribute::RedrivePolicy).send().await;
        let policy = got.unwrap().attributes.unwrap();
        let mut policy: Value = serde_json::from_str(&policy[&Attribute::RedrivePolicy]).unwrap();
        policy["maxReceiveCount"] = 1.into();
        let set = self.sqs.set_queue_attributes().queue_url(url);
        set.attributes(Attribute::RedrivePolicy, policy.to_string())
            .send()
            .await
            .unwrap();
    }

    /// Moves what is in the jobs dead-letter queue back, as a redrive does; how many that were.
    /// The emulated cloud has no `StartMessageMoveTask`.
    pub(crate) async fn redrive(&self) -> usize {
        let dead = self.url("JobsDeadLetterQueueUrl");
        let received = self.sqs.receive_message().queue_url(dead);
        let received = received.max_number_of_messages(10).send().await.unwrap();
        let messages = received.messages.unwrap_or_default();
        for message in &messages {
            let (body, id) = (message.body().unwrap(), message.message_id().unwrap());
            self.send_job(body, &format!("redrive-{id}")).await;
            let delete = self.sqs.delete_message().queue_url(dead);
            let receipt = message.receipt_handle().unwrap();
            delete.receipt_handle(receipt).send().await.unwrap();
        }
        messages.len()
    }
}
