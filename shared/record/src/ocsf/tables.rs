//! Where each member of a record comes from, object by object: its path, its type, Graph's
//! properties and the rule.
//!
//! Properties are parted by ` | `. A source that begins with `=` is none of Graph's. A property of
//! evidence has the type before it; in the table of an object that many types have, the place that
//! the object hangs at has it.

/// Path, type, source and rule of a member.
pub(super) type Line = (&'static str, &'static str, &'static str, &'static str);

/// An object: the path that it hangs at, its lines, and the places in the evidence it is made from.
pub(super) type Mount = (&'static str, &'static [Line], &'static [&'static str]);

const NUMBER: &str = "OCSF's number";
const CAPTION: &str = "the caption of the number; Graph's own word with 99";
const MILLIS: &str = "milliseconds";

#[rustfmt::skip]
pub(super) const ALERT: &[Line] = &[
    ("activity_id", "number", "=1 for a new alert, 2 for a changed one, 3 for a changed one that is resolved", ""),
    ("activity_name", "string", "=the caption of the number", ""),
    ("category_uid", "number", "=2", ""),
    ("category_name", "string", "=Findings", ""),
    ("class_uid", "number", "=2004", ""),
    ("class_name", "string", "=Detection Finding", ""),
    ("type_uid", "number", "=200400 and the activity", ""),
    ("type_name", "string", "=the caption of the number", ""),
    ("time", "number", "createdDateTime | firstActivityDateTime | lastUpdateDateTime | lastActivityDateTime", "milliseconds; of a changed alert, the update comes first; 0 without any"),
    ("severity_id", "number", "severity", NUMBER),
    ("severity", "string", "severity", CAPTION),
    ("status_id", "number", "status", NUMBER),
    ("status", "string", "status", CAPTION),
    ("status_detail", "string", "determination", ""),
    ("verdict_id", "number", "classification | determination", "1 falsePositive, 2 truePositive, 5 informationalExpectedActivity; with the determination 6 for its securityTesting, 7 for a false positive of notEnoughDataToValidate"),
    ("verdict", "string", "classification | determination", CAPTION),
    ("confidence_id", "number", "=0: Graph has no confidence", ""),
    ("confidence", "string", "=Unknown", ""),
    ("is_alert", "boolean", "=false when closed", ""),
    ("start_time", "number", "firstActivityDateTime", MILLIS),
    ("end_time", "number", "lastActivityDateTime", MILLIS),
    ("message", "string", "title | description", ""),
    ("comment", "string", "comments[].comment", "the latest; all of them are in `unmapped`"),
    ("src_url", "string", "incidentWebUrl", ""),
    ("assignee.name", "string", "assignedTo", ""),
    ("assignee.email_addr", "string", "assignedTo", "if it is an address"),
    ("metadata.version", "string", "=1.8.0", ""),
    ("metadata.uid", "string", "=the deduplication key: the alert's id, a colon, and a digest of this version of it", ""),
    ("metadata.product.name", "string", "productName | serviceSource", "the product's own name where it is known"),
    ("metadata.product.vendor_name", "string", "=Microsoft", ""),
    ("metadata.product.uid", "string", "serviceSource", ""),
    ("metadata.product.feature.name", "string", "detectionSource", ""),
    ("metadata.profiles[]", "string", "=`incident`, and `cloud` if the evidence names a cloud", ""),
    ("metadata.extensions[].name", "string", "=win, if the evidence has a registry key or value", ""),
    ("metadata.extensions[].uid", "string", "=2", ""),
    ("metadata.extensions[].version", "string", "=1.8.0", ""),
    ("metadata.log_name", "string", "=security/alerts_v2", ""),
    ("metadata.log_provider", "string", "=Microsoft Graph", ""),
    ("metadata.original_time", "string", "createdDateTime | firstActivityDateTime | lastUpdateDateTime | lastActivityDateTime", "Graph's own text of `time`"),
    ("metadata.original_event_uid", "string", "id", ""),
    ("metadata.correlation_uid", "string", "incidentId", ""),
    ("metadata.tenant_uid", "string", "tenantId", ""),
    ("metadata.labels[]", "string", "systemTags[]", ""),
    ("finding_info.uid", "string", "id", ""),
    ("finding_info.uid_alt", "string", "providerAlertId", ""),
    ("finding_info.title", "string", "title", ""),
    ("finding_info.desc", "string", "description", ""),
    ("finding_info.src_url", "string", "alertWebUrl", ""),
    ("finding_info.created_time", "number", "createdDateTime", MILLIS),
    ("finding_info.modified_time", "number", "lastUpdateDateTime", MILLIS),
    ("finding_info.first_seen_time", "number", "firstActivityDateTime", MILLIS),
    ("finding_info.last_seen_time", "number", "lastActivityDateTime", MILLIS),
    ("finding_info.types[]", "string", "category | categories[]", ""),
    ("finding_info.analytic.name", "string", "title", "the title of an alert is the name of what found it"),
    ("finding_info.analytic.uid", "string", "detectorId", ""),
    ("finding_info.analytic.type_id", "number", "detectionSource", "1 customDetection, scheduledAlerts and nrtAlerts, 4 builtInMl, 9 customTi, else 0"),
    ("finding_info.analytic.type", "string", "detectionSource", "the caption of the number"),
    ("finding_info.product.name", "string", "productName | serviceSource", "the product's own name where it is known"),
    ("finding_info.product.vendor_name", "string", "=Microsoft", ""),
    ("finding_info.product.uid", "string", "serviceSource", ""),
    ("finding_info.product.feature.name", "string", "detectionSource", ""),
    ("finding_info.attacks[].tactic.uid", "string", "category | categories[]", "the tactic's id, where the category is one"),
    ("finding_info.attacks[].tactic.name", "string", "category | categories[]", "the tactic's name, where the category is one"),
    ("finding_info.attacks[].technique.uid", "string", "mitreTechniques[]", "`T1059` of `T1059.001`"),
    ("finding_info.attacks[].technique.name", "string", "=the name in ATT&CK Enterprise 18.1, if the technique is in it", ""),
    ("finding_info.attacks[].sub_technique.uid", "string", "mitreTechniques[]", ""),
    ("finding_info.attacks[].sub_technique.name", "string", "=the name in ATT&CK Enterprise 18.1, if it is in it", ""),
    ("finding_info.related_events[].uid", "string", "incidentId", ""),
    ("finding_info.related_events[].type", "string", "=Incident", ""),
];

#[rustfmt::skip]
pub(super) const CLOUD: &[Line] = &[
    ("cloud.provider", "string", "device vmMetadata.cloudProvider | kubernetesCluster platform | azureResource resourceId | amazonResource amazonAccountId | amazonResource amazonResourceId | googleCloudResource projectId | googleCloudResource fullResourceName | blob blobContainer.storageResource.resourceId | blobContainer storageResource.resourceId | sasToken storageResource.resourceId | ioTDevice ioTHub.resourceId", "Azure, AWS or GCP, by the first evidence that names a cloud"),
    ("cloud.region", "string", "googleCloudResource location", ""),
    ("cloud.account.uid", "string", "device vmMetadata.subscriptionId | amazonResource amazonAccountId | googleCloudResource projectId | azureResource resourceId | blob blobContainer.storageResource.resourceId | blobContainer storageResource.resourceId | sasToken storageResource.resourceId | ioTDevice ioTHub.resourceId", "of an Azure resource, the subscription in its id"),
    ("cloud.account.type_id", "number", "=10 AWS Account, 11 GCP Project, 13 Azure Subscription", ""),
    ("cloud.account.type", "string", "=the caption of the number", ""),
];

#[rustfmt::skip]
pub(super) const AFTER_DEVICE: &[Line] = &[
    ("malware[].name", "string", "threatDisplayName | threatFamilyName | malware name", ""),
    ("malware[].classification_ids[]", "number", "threatDisplayName | threatFamilyName | malware name", "by what stands before the first colon, such as `Trojan`"),
    ("malware[].classifications[]", "string", "threatDisplayName | threatFamilyName | malware name", CAPTION),
    ("remediation.desc", "string", "recommendedActions", ""),
    ("evidences[].name", "string", "* @odata.type", ""),
    ("evidences[].verdict_id", "number", "* verdict", "2 malicious, 4 suspicious, 5 noThreatsFound"),
    ("evidences[].verdict", "string", "* verdict", CAPTION),
];

#[rustfmt::skip]
const DEVICE: &[Line] = &[
    ("type_id", "number", "osPlatform", "1 a Windows server, 4 an iPad, 5 another phone or tablet, else 0"),
    ("type", "string", "osPlatform", "the caption of the number"),
    ("uid", "string", "mdeDeviceId", ""),
    ("uid_alt", "string", "azureAdDeviceId", ""),
    ("name", "string", "hostName", ""),
    ("hostname", "string", "deviceDnsName | hostName", ""),
    ("domain", "string", "dnsDomain | ntDomain", ""),
    ("ip", "string", "lastIpAddress", "if it is an address"),
    ("network_interfaces[].ip", "string", "ipInterfaces[]", "those that are addresses"),
    ("os.name", "string", "osPlatform", ""),
    ("os.type_id", "number", "osPlatform", NUMBER),
    ("os.type", "string", "osPlatform", CAPTION),
    ("os.build", "string", "osBuild", ""),
    ("os.version", "string", "version", ""),
    ("instance_uid", "string", "vmMetadata.vmId", ""),
    ("risk_level_id", "number", "riskScore", "OCSF's number; none for `none`"),
    ("risk_level", "string", "riskScore", CAPTION),
    ("groups[].name", "string", "rbacGroupName", ""),
    ("groups[].uid", "string", "rbacGroupId", ""),
    ("first_seen_time", "number", "firstSeenDateTime", MILLIS),
];

#[rustfmt::skip]
const FOUND_ON: &[Line] = &[
    ("type_id", "number", "=0", ""),
    ("type", "string", "=Unknown", ""),
    ("uid", "string", "mdeDeviceId", ""),
];

#[rustfmt::skip]
const NAMED: &[Line] = &[
    ("type_id", "number", "operatingSystem", ""),
    ("type", "string", "operatingSystem", ""),
    ("name", "string", "deviceName", ""),
    ("os.name", "string", "operatingSystem", ""),
    ("os.type_id", "number", "operatingSystem", NUMBER),
    ("os.type", "string", "operatingSystem", CAPTION),
];

#[rustfmt::skip]
const IOT: &[Line] = &[
    ("type_id", "number", "=7", ""),
    ("type", "string", "=IOT", ""),
    ("uid", "string", "deviceId", ""),
    ("name", "string", "deviceName", ""),
    ("ip", "string", "ipAddress.ipAddress", ""),
    ("mac", "string", "macAddress", "if it is one"),
    ("network_interfaces[].ip", "string", "nics[].ipAddress.ipAddress", ""),
    ("network_interfaces[].mac", "string", "nics[].macAddress", "if it is one"),
    ("os.name", "string", "operatingSystem", ""),
    ("os.type_id", "number", "operatingSystem", NUMBER),
    ("os.type", "string", "operatingSystem", CAPTION),
    ("hw_info.serial_number", "string", "serialNumber", ""),
    ("vendor_name", "string", "manufacturer", ""),
    ("model", "string", "model", ""),
    ("zone", "string", "zone", ""),
];

#[rustfmt::skip]
const FILE: &[Line] = &[
    ("name", "string", "fileName | filePath | md5 | sha1 | sha256 | sha256Ac", "without a name, the last part of the path, or a hash"),
    ("type_id", "number", "=1", ""),
    ("type", "string", "=Regular File", ""),
    ("path", "string", "filePath | fileName", "the folder and the name"),
    ("parent_folder", "string", "filePath", "without the name, where Graph repeats it there"),
    ("size", "number", "fileSize", ""),
    ("company_name", "string", "filePublisher", ""),
    ("hashes[].algorithm_id", "number", "md5 | sha1 | sha256 | sha256Ac", "1 MD5, 2 SHA-1, 3 SHA-256, else 99"),
    ("hashes[].algorithm", "string", "md5 | sha1 | sha256 | sha256Ac", CAPTION),
    ("hashes[].value", "string", "md5 | sha1 | sha256 | sha256Ac", ""),
];

#[rustfmt::skip]
const FILE_HASH: &[Line] = &[
    ("name", "string", "value", ""),
    ("type_id", "number", "=1", ""),
    ("type", "string", "=Regular File", ""),
    ("hashes[].algorithm_id", "number", "algorithm", ""),
    ("hashes[].algorithm", "string", "algorithm", ""),
    ("hashes[].value", "string", "value", ""),
];

#[rustfmt::skip]
const BLOB: &[Line] = &[
    ("name", "string", "name", ""),
    ("type_id", "number", "=1", ""),
    ("type", "string", "=Regular File", ""),
    ("uri", "string", "url", ""),
    ("hashes[].algorithm_id", "number", "fileHashes[].algorithm", ""),
    ("hashes[].algorithm", "string", "fileHashes[].algorithm", ""),
    ("hashes[].value", "string", "fileHashes[].value", ""),
];

#[rustfmt::skip]
const USER: &[Line] = &[
    ("name", "string", "accountName | userPrincipalName", ""),
    ("uid", "string", "userSid | azureAdUserId", ""),
    ("uid_alt", "string", "activeDirectoryObjectGuid", ""),
    ("type_id", "number", "userSid", "3 for the accounts of the system"),
    ("type", "string", "userSid", "the caption of the number"),
    ("display_name", "string", "displayName", ""),
    ("domain", "string", "domainName", ""),
    ("email_addr", "string", "userPrincipalName", "if it is an address"),
    ("account.name", "string", "userPrincipalName", ""),
    ("account.uid", "string", "azureAdUserId", ""),
    ("account.type_id", "number", "=6", ""),
    ("account.type", "string", "=Azure AD Account", ""),
    ("org.uid", "string", "tenantId", ""),
];

#[rustfmt::skip]
const MAILBOX: &[Line] = &[
    ("name", "string", "userAccount.accountName | upn | userAccount.userPrincipalName | primaryAddress", ""),
    ("uid", "string", "userAccount.userSid | userAccount.azureAdUserId", ""),
    ("display_name", "string", "displayName", ""),
    ("domain", "string", "userAccount.domainName", ""),
    ("email_addr", "string", "primaryAddress", ""),
    ("account.name", "string", "upn | userAccount.userPrincipalName | primaryAddress", ""),
    ("account.type_id", "number", "=18", ""),
    ("account.type", "string", "=Email Account", ""),
];

#[rustfmt::skip]
const MAILBOX_CONFIGURATION: &[Line] = &[
    ("name", "string", "upn | mailboxPrimaryAddress", ""),
    ("email_addr", "string", "mailboxPrimaryAddress", ""),
    ("account.name", "string", "upn | mailboxPrimaryAddress", ""),
    ("account.type_id", "number", "=18", ""),
    ("account.type", "string", "=Email Account", ""),
];

#[rustfmt::skip]
const SERVICE_PRINCIPAL: &[Line] = &[
    ("name", "string", "servicePrincipalName", ""),
    ("uid", "string", "servicePrincipalObjectId", ""),
    ("uid_alt", "string", "appId", ""),
    ("type_id", "number", "=4", ""),
    ("type", "string", "=Service", ""),
    ("org.uid", "string", "tenantId", ""),
];

#[rustfmt::skip]
const SERVICE_ACCOUNT: &[Line] = &[
    ("name", "string", "name", ""),
    ("domain", "string", "namespace.name", ""),
    ("type_id", "number", "=4", ""),
    ("type", "string", "=Service", ""),
];

#[rustfmt::skip]
const GIT_HUB_USER: &[Line] = &[
    ("name", "string", "login", ""),
    ("uid", "string", "userId", ""),
    ("display_name", "string", "name", ""),
    ("email_addr", "string", "email", ""),
];

#[rustfmt::skip]
const SENDER: &[Line] = &[
    ("user.name", "string", "senderFromAddress", ""),
    ("user.email_addr", "string", "senderFromAddress", ""),
    ("src_endpoint.ip", "string", "senderIP", "if it is an address"),
];

const PROCESS: &[Line] = &[
    ("name", "string", "imageFile.fileName", ""),
    ("pid", "number", "processId", ""),
    ("cmd_line", "string", "processCommandLine", ""),
    ("created_time", "number", "processCreationDateTime", MILLIS),
];

#[rustfmt::skip]
const PARENT: &[Line] = &[
    ("name", "string", "parentProcessImageFile.fileName", ""),
    ("pid", "number", "parentProcessId", ""),
    ("created_time", "number", "parentProcessCreationDateTime", MILLIS),
];

#[rustfmt::skip]
const ENDPOINT: &[Line] = &[
    ("ip", "string", "ipAddress", "if it is an address"),
    ("location.country", "string", "countryLetterCode", ""),
    ("location.region", "string", "location.state", ""),
    ("location.city", "string", "location.city", ""),
    ("location.lat", "number", "location.latitude", ""),
    ("location.long", "number", "location.longitude", ""),
];

#[rustfmt::skip]
const OTHERS: &[Line] = &[
    ("src_endpoint.port", "number", "networkConnection sourcePort", ""),
    ("dst_endpoint.port", "number", "networkConnection destinationPort", ""),
    ("src_endpoint.mac", "string", "nic macAddress", "if it is one"),
    ("connection_info.direction_id", "number", "=0", ""),
    ("connection_info.direction", "string", "=Unknown", ""),
    ("connection_info.protocol_name", "string", "networkConnection protocol", ""),
    ("connection_info.protocol_num", "number", "networkConnection protocol", "6 tcp, 17 udp"),
    ("query.hostname", "string", "dns domainName", ""),
    ("reg_key.path", "string", "registryKey registryHive | registryKey registryKey", "the hive and the key"),
    ("reg_value.name", "string", "registryValue registryValueName", "`(Default)` without one"),
    ("reg_value.is_default", "boolean", "=true for a value without a name", ""),
    ("reg_value.path", "string", "registryValue registryHive | registryValue registryKey", "the hive and the key"),
    ("reg_value.type_id", "number", "registryValue registryValueType", NUMBER),
    ("reg_value.type", "string", "registryValue registryValueType", CAPTION),
    ("reg_value.reg_string_data", "string", "registryValue registryValue", "of a type that is text"),
    ("reg_value.data", "string", "registryValue registryValue", "of any other type"),
    ("email.from", "string", "analyzedMessage p2Sender.emailAddress | submissionMail sender", "if it is an address"),
    ("email.from_mailbox", "string", "analyzedMessage p2Sender.displayName", ""),
    ("email.return_path", "string", "analyzedMessage p1Sender.emailAddress", "if it is an address"),
    ("email.to[]", "string", "analyzedMessage recipientEmailAddress | submissionMail recipient", "if it is an address"),
    ("email.subject", "string", "analyzedMessage subject | submissionMail subject", ""),
    ("email.uid", "string", "analyzedMessage networkMessageId | submissionMail networkMessageId", ""),
    ("email.x_originating_ip[]", "string", "analyzedMessage senderIp | submissionMail senderIp", "if it is an address"),
    ("email.message_uid", "string", "analyzedMessage internetMessageId", ""),
    ("email.urls[].url_string", "string", "analyzedMessage urls[]", ""),
    ("actor.app_name", "string", "oauthApplication displayName | aiAgent agentName", ""),
    ("actor.app_uid", "string", "oauthApplication appId | aiAgent agentId", ""),
    ("actor.session.uid", "string", "cloudLogonSession sessionId | hostLogonSession sessionId", ""),
    ("actor.session.created_time", "number", "cloudLogonSession startUtcDateTime | hostLogonSession startUtcDateTime", MILLIS),
    ("http_request.user_agent", "string", "cloudLogonSession userAgent", ""),
    ("databucket.name", "string", "blobContainer name | blob blobContainer.name", ""),
    ("databucket.uid", "string", "blobContainer url | blob blobContainer.url", ""),
    ("databucket.type_id", "number", "=2", ""),
    ("databucket.type", "string", "=Azure Blob", ""),
    ("resources[].name", "string", "azureResource resourceName | amazonResource resourceName | googleCloudResource resourceName | blob blobContainer.storageResource.resourceName | blobContainer storageResource.resourceName | sasToken storageResource.resourceName | ioTDevice ioTHub.resourceName | cloudApplication displayName | securityGroup displayName | gitHubOrganization login | gitHubRepo login | containerRegistry registry | kubernetesCluster name | kubernetesCluster cloudResource.resourceName | kubernetesNamespace name | kubernetesController name | kubernetesSecret name | kubernetesService name | kubernetesPod name", ""),
    ("resources[].uid", "string", "azureResource resourceId | amazonResource amazonResourceId | googleCloudResource fullResourceName | blob blobContainer.storageResource.resourceId | blobContainer storageResource.resourceId | sasToken storageResource.resourceId | ioTDevice ioTHub.resourceId | cloudApplication appId | securityGroup sid | securityGroup securityGroupId | gitHubOrganization orgId | gitHubRepo repoId | containerImage imageId | kubernetesCluster cloudResource.resourceId", ""),
    ("resources[].type", "string", "azureResource resourceType | amazonResource resourceType | googleCloudResource resourceType | blob blobContainer.storageResource.resourceType | blobContainer storageResource.resourceType | sasToken storageResource.resourceType | ioTDevice ioTHub.resourceType | kubernetesCluster cloudResource.resourceType | * @odata.type", "Graph's word for a resource of a cloud, else the type of the evidence in words"),
    ("resources[].namespace", "string", "kubernetesController namespace.name | kubernetesSecret namespace.name | kubernetesService namespace.name | kubernetesPod namespace.name", ""),
    ("resources[].ip", "string", "kubernetesPod podIp.ipAddress | kubernetesService clusterIP.ipAddress", "if it is an address"),
    ("resources[].version", "string", "kubernetesCluster version", ""),
    ("resources[].provider", "string", "kubernetesCluster platform | * @odata.type", "Azure, AWS or GCP; with the profile `cloud`"),
    ("resources[].region", "string", "googleCloudResource location", "with the profile `cloud`"),
    ("resources[].owner.name", "string", "gitHubRepo owner", ""),
    ("resources[].owner.account.uid", "string", "amazonResource amazonAccountId | googleCloudResource projectId", ""),
    ("resources[].owner.account.type_id", "number", "=10 AWS Account, 11 GCP Project", ""),
    ("resources[].owner.account.type", "string", "=the caption of the number", ""),
    ("container.name", "string", "container name | kubernetesPod containers[].name", ""),
    ("container.uid", "string", "container containerId | kubernetesPod containers[].containerId", ""),
    ("container.image.uid", "string", "container image.imageId | kubernetesPod containers[].image.imageId", ""),
];

const URL: &[Line] = &[
    ("url_string", "string", "url", ""),
    ("scheme", "string", "url", "what stands before `://`"),
    ("hostname", "string", "url", "the host in it"),
    ("port", "number", "url", "the port in it"),
];

#[rustfmt::skip]
pub(super) const LAST: &[Line] = &[
    ("resources[].name", "string", "=of a deviceEvidence, `deviceDnsName`, `hostName` or `mdeDeviceId`; of a user or a mailbox, `accountName`, `userPrincipalName`, `upn` or `primaryAddress`; else as in `evidences[].resources[]`", ""),
    ("resources[].uid", "string", "=of a deviceEvidence, `mdeDeviceId`; of a user or a mailbox, `userSid` or `azureAdUserId`; else as in `evidences[].resources[]`", ""),
    ("resources[].type", "string", "=`Device` or `User`; else as in `evidences[].resources[]`", ""),
    ("resources[].namespace", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].ip", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].version", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].provider", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].region", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].owner.name", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].owner.account.uid", "string", "=as in `evidences[].resources[]`", ""),
    ("resources[].owner.account.type_id", "number", "=as in `evidences[].resources[]`", ""),
    ("resources[].owner.account.type", "string", "=as in `evidences[].resources[]`", ""),
    ("observables[].name", "string", "=the path of the value's first place in the record", "each address, host, user, e-mail address, URL, file name, file path, hash and process name once; at most 2,000"),
    ("observables[].type_id", "number", "=OCSF's number of the value's kind", ""),
    ("observables[].type", "string", "=the caption of the number", ""),
    ("observables[].value", "string", "=the value at that path", ""),
    ("evidences[].data", "object", "* ", "what of the evidence has no place of its own, and what was translated, in Graph's words"),
    ("unmapped", "object", "=what of the alert has no place of its own", ""),
];

/// The device that the alert is about.
pub(super) const TOP_DEVICE: Mount = ("device", DEVICE, &["device"]);

#[rustfmt::skip]
pub(super) const MOUNTS: &[Mount] = &[
    ("evidences[].device", DEVICE, &["device", "hostLogonSession host"]),
    ("evidences[].device", FOUND_ON, &["process", "file", "registryValue", "ip", "url", "teamsMessage urls[]"]),
    ("evidences[].device", NAMED, &["cloudLogonSession"]),
    ("evidences[].device", IOT, &["ioTDevice"]),
    ("evidences[].process", PROCESS, &["process", "malware processes[]"]),
    ("evidences[].process.file", FILE, &["process imageFile", "malware processes[].imageFile"]),
    ("evidences[].process.user", USER, &["process userAccount", "malware processes[].userAccount"]),
    ("evidences[].process.parent_process", PARENT, &["process", "malware processes[]"]),
    ("evidences[].process.parent_process.file", FILE, &["process parentProcessImageFile", "malware processes[].parentProcessImageFile"]),
    ("evidences[].file", FILE, &["file fileDetails", "malware files[].fileDetails", "teamsMessage files[].fileDetails", "process imageFile"]),
    ("evidences[].file", FILE_HASH, &["fileHash"]),
    ("evidences[].file", BLOB, &["blob"]),
    ("evidences[].user", USER, &["user userAccount", "process userAccount"]),
    ("evidences[].user", MAILBOX, &["mailbox"]),
    ("evidences[].user", MAILBOX_CONFIGURATION, &["mailboxConfiguration"]),
    ("evidences[].user", SERVICE_PRINCIPAL, &["servicePrincipal"]),
    ("evidences[].user", SERVICE_ACCOUNT, &["kubernetesServiceAccount"]),
    ("evidences[].user", GIT_HUB_USER, &["gitHubUser"]),
    ("evidences[].actor.user", USER, &["cloudLogonSession account.userAccount", "hostLogonSession account.userAccount"]),
    ("evidences[].src_endpoint", ENDPOINT, &["ip", "networkConnection sourceAddress", "dns hostIpAddress", "nic ipAddress"]),
    ("evidences[].dst_endpoint", ENDPOINT, &["ip", "networkConnection destinationAddress", "dns dnsServerIp"]),
    ("evidences[].url", URL, &["url", "teamsMessage urls[]"]),
    ("evidences[]", SENDER, &["teamsMessage"]),
    ("evidences[]", OTHERS, &[]),
];
