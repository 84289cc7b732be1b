//! The properties of each type of evidence, as far as records are made of them.
//!
//! Source of names and types: `microsoft.graph.security` of Graph v1.0. What the record of the old
//! API is made of has to have its type, or the alert is put aside; what only other formats write is
//! read where it has its type and left out where it has not.

use super::read::{list, number, object, objects, part, text, text_or_number, texts};
use crate::Text;
use crate::timestamp::{self, Timestamp};

macro_rules! properties {
    ($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $kind:ty,)* }
        $(numbers { $($(#[$number_attr:meta])* $number:ident,)* })?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name<'a> {
            $(
                #[doc = concat!("`", stringify!($field), "`, in Graph's spelling camelCase.")]
                $(#[$attr])*
                #[serde(borrow)]
                pub $field: $kind,
            )*
            $($(
                #[doc = concat!("`", stringify!($number), "`, in Graph's spelling camelCase.")]
                $(#[$number_attr])*
                pub $number: Option<i64>,
            )*)?
        }
    };
}

properties! {
    /// A device.
    Device {
        mde_device_id: Option<Text<'a>>,
        device_dns_name: Option<Text<'a>>,
        host_name: Option<Text<'a>>,
        dns_domain: Option<Text<'a>>,
        rbac_group_name: Option<Text<'a>>,
        last_ip_address: Option<Text<'a>>,
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "list")]
        detailed_roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "list")]
        ip_interfaces: Vec<Text<'a>>,
        #[serde(deserialize_with = "list")]
        tags: Vec<Text<'a>>,
        #[serde(deserialize_with = "objects")]
        logged_on_users: Vec<LoggedOnUser<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A user who was logged on to a device.
    LoggedOnUser {
        account_name: Option<Text<'a>>,
        domain_name: Option<Text<'a>>,
    }
}

properties! {
    /// A file on a device.
    File {
        mde_device_id: Option<Text<'a>>,
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "object")]
        file_details: Option<FileDetails<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// What is known of a file. The path is the directory, the name the last part.
    FileDetails {
        file_name: Option<Text<'a>>,
        file_path: Option<Text<'a>>,
        md5: Option<Text<'a>>,
        sha1: Option<Text<'a>>,
        sha256: Option<Text<'a>>,
    } numbers {
        #[serde(deserialize_with = "number")]
        file_size,
    }
}

properties! {
    /// A process on a device.
    Process {
        mde_device_id: Option<Text<'a>>,
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "object")]
        image_file: Option<FileDetails<'a>>,
        #[serde(deserialize_with = "timestamp::optional")]
        process_creation_date_time: Option<Timestamp<'a>>,
        process_command_line: Option<Text<'a>>,
        detection_status: Option<Text<'a>>,
        #[serde(deserialize_with = "object")]
        user_account: Option<Account<'a>>,
        remediation_status: Option<Text<'a>>,
        #[serde(deserialize_with = "part")]
        parent_process_image_file: Option<FileDetails<'a>>,
    } numbers {
        process_id,
        #[serde(deserialize_with = "number")]
        parent_process_id,
    }
}

properties! {
    /// An address.
    Ip {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        ip_address: Option<Text<'a>>,
        mde_device_id: Option<Text<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A URL.
    Url {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        url: Option<Text<'a>>,
        mde_device_id: Option<Text<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A user.
    User {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "object")]
        user_account: Option<Account<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// An account. A cloud account often has no account name.
    Account {
        account_name: Option<Text<'a>>,
        domain_name: Option<Text<'a>>,
        user_principal_name: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        display_name: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        user_sid: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        azure_ad_user_id: Option<Text<'a>>,
    }
}

properties! {
    /// A mailbox, and whose it is.
    Mailbox {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        primary_address: Option<Text<'a>>,
        upn: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        display_name: Option<Text<'a>>,
        #[serde(deserialize_with = "object")]
        user_account: Option<Account<'a>>,
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A message: `analyzedMessageEvidence`, `submissionMailEvidence` or `teamsMessageEvidence`.
    Message {
        #[serde(alias = "senderIP")]
        sender_ip: Option<Text<'a>>,
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "text")]
        network_message_id: Option<Text<'a>>,
        #[serde(alias = "messageId", deserialize_with = "text")]
        internet_message_id: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        subject: Option<Text<'a>>,
        #[serde(alias = "recipient", deserialize_with = "text")]
        recipient_email_address: Option<Text<'a>>,
        #[serde(deserialize_with = "texts")]
        recipients: Vec<Text<'a>>,
        #[serde(deserialize_with = "part")]
        p1_sender: Option<Sender<'a>>,
        #[serde(deserialize_with = "part")]
        p2_sender: Option<Sender<'a>>,
        #[serde(alias = "senderFromAddress", deserialize_with = "text")]
        sender: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        delivery_action: Option<Text<'a>>,
        #[serde(alias = "messageDirection", deserialize_with = "text")]
        anti_spam_direction: Option<Text<'a>>,
        #[serde(deserialize_with = "texts")]
        urls: Vec<Text<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// Who sent a message: in the envelope (`p1Sender`) or in the header (`p2Sender`).
    Sender {
        #[serde(deserialize_with = "text")]
        email_address: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        domain_name: Option<Text<'a>>,
    }
}

properties! {
    /// A connection between two addresses.
    NetworkConnection {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "part")]
        source_address: Option<Ip<'a>>,
        #[serde(deserialize_with = "part")]
        destination_address: Option<Ip<'a>>,
        #[serde(deserialize_with = "text")]
        protocol: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    } numbers {
        #[serde(deserialize_with = "number")]
        source_port,
        #[serde(deserialize_with = "number")]
        destination_port,
    }
}

properties! {
    /// A key of the registry.
    RegistryKey {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "text")]
        mde_device_id: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_hive: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_key: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A value of the registry, with the key that it is in.
    RegistryValue {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "text")]
        mde_device_id: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_hive: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_key: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_value: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_value_name: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        registry_value_type: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// An application: `cloudApplicationEvidence`, `oauthApplicationEvidence` or
    /// `servicePrincipalEvidence`.
    Application {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(alias = "servicePrincipalName", deserialize_with = "text")]
        display_name: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        instance_name: Option<Text<'a>>,
        #[serde(deserialize_with = "text_or_number")]
        app_id: Option<Text<'a>>,
        #[serde(deserialize_with = "text_or_number")]
        instance_id: Option<Text<'a>>,
        #[serde(deserialize_with = "text_or_number")]
        saas_app_id: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A name that was looked up in DNS.
    Dns {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "text")]
        domain_name: Option<Text<'a>>,
        #[serde(deserialize_with = "part")]
        host_ip_address: Option<Ip<'a>>,
        #[serde(deserialize_with = "part")]
        dns_server_ip: Option<Ip<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    }
}

properties! {
    /// A hash of a file of which nothing else is known.
    FileHash {
        #[serde(deserialize_with = "texts")]
        roles: Vec<Text<'a>>,
        #[serde(deserialize_with = "text")]
        algorithm: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        value: Option<Text<'a>>,
        #[serde(deserialize_with = "text")]
        remediation_status: Option<Text<'a>>,
    }
}
