//! The properties of Graph's evidence types, as Microsoft's schema of v1.0 has them.
//!
//! A property is `name:kind`. A kind is `text`, `time`, `int`, `real`, `flag`, `guid`, `any` (a
//! dictionary), `=a|b` (an enum and some of its members), `{type` (an object) or `@type` (nested
//! evidence); with `*` behind it, a list.

/// The 48 evidence types and their own properties.
#[rustfmt::skip]
pub(crate) const EVIDENCE: [(&str, &str); 48] = [
    ("activeDirectoryDomainEvidence", "activeDirectoryDomainName:text trustedDomains:@activeDirectoryDomainEvidence*"),
    ("aiAgentEvidence", "agentId:text agentName:text hostingPlatformType:=azureAIFoundry|copilotStudio|copilot \
      instructions:text"),
    ("amazonResourceEvidence", "amazonAccountId:text amazonResourceId:text resourceName:text resourceType:text"),
    ("analyzedMessageEvidence", "antiSpamDirection:text attachmentsCount:int deliveryAction:text deliveryLocation:text \
      internetMessageId:text language:text networkMessageId:text p1Sender:{emailSender \
      p2Sender:{emailSender receivedDateTime:time recipientEmailAddress:text senderIp:text \
      subject:text threatDetectionMethods:text* threats:text* urlCount:int urls:text* urn:text"),
    ("azureResourceEvidence", "resourceId:text resourceName:text resourceType:text"),
    ("blobContainerEvidence", "name:text storageResource:@azureResourceEvidence url:text"),
    ("blobEvidence", "blobContainer:@blobContainerEvidence etag:text fileHashes:{fileHash* name:text url:text"),
    ("cloudApplicationEvidence", "appId:int displayName:text instanceId:int instanceName:text saasAppId:int stream:{stream"),
    ("cloudLogonRequestEvidence", "requestId:text"),
    ("cloudLogonSessionEvidence", "account:@userEvidence browser:text deviceName:text operatingSystem:text \
      previousLogonDateTime:time protocol:text sessionId:text startUtcDateTime:time \
      userAgent:text"),
    ("containerEvidence", "args:text* command:text* containerId:text image:@containerImageEvidence \
      isPrivileged:flag name:text pod:@kubernetesPodEvidence"),
    ("containerImageEvidence", "digestImage:@containerImageEvidence imageId:text registry:@containerRegistryEvidence"),
    ("containerRegistryEvidence", "registry:text"),
    ("deviceEvidence", "azureAdDeviceId:text defenderAvStatus:=notReporting|disabled|notUpdated \
      deviceDnsName:text dnsDomain:text firstSeenDateTime:time \
      healthStatus:=active|inactive|impairedCommunication hostName:text ipInterfaces:text* \
      lastExternalIpAddress:text lastIpAddress:text loggedOnUsers:{loggedOnUser* \
      mdeDeviceId:text ntDomain:text \
      onboardingStatus:=insufficientInfo|onboarded|canBeOnboarded osBuild:int osPlatform:text \
      rbacGroupId:int rbacGroupName:text resourceAccessEvents:{resourceAccessEvent* \
      riskScore:=none|informational|low version:text vmMetadata:{vmMetadata"),
    ("dnsEvidence", "dnsServerIp:@ipEvidence domainName:text hostIpAddress:@ipEvidence \
      ipAddresses:@ipEvidence*"),
    ("fileEvidence", "detectionStatus:=detected|blocked|prevented fileDetails:{fileDetails mdeDeviceId:text"),
    ("fileHashEvidence", "algorithm:=md5|sha1|sha256 value:text"),
    ("gitHubOrganizationEvidence", "company:text displayName:text email:text login:text orgId:text webUrl:text"),
    ("gitHubRepoEvidence", "baseUrl:text login:text owner:text ownerType:text repoId:text"),
    ("gitHubUserEvidence", "email:text login:text name:text userId:text webUrl:text"),
    ("googleCloudResourceEvidence", "fullResourceName:text location:text locationType:=regional|zonal|global projectId:text \
      projectNumber:int resourceName:text resourceType:text"),
    ("hostLogonSessionEvidence", "account:@userEvidence endUtcDateTime:time host:@deviceEvidence sessionId:text \
      startUtcDateTime:time"),
    ("ioTDeviceEvidence", "deviceId:text deviceName:text devicePageLink:text deviceSubType:text deviceType:text \
      importance:=low|normal|high ioTHub:@azureResourceEvidence ioTSecurityAgentId:text \
      ipAddress:@ipEvidence isAuthorized:flag isProgramming:flag isScanner:flag \
      macAddress:text manufacturer:text model:text nics:@nicEvidence* operatingSystem:text \
      owners:text* protocols:text* purdueLayer:text sensor:text serialNumber:text site:text \
      source:text sourceRef:@urlEvidence zone:text"),
    ("ipEvidence", "countryLetterCode:text ipAddress:text location:{geoLocation stream:{stream"),
    ("kubernetesClusterEvidence", "cloudResource:@azureResourceEvidence distribution:text name:text platform:=aks|eks|gke \
      version:text"),
    ("kubernetesControllerEvidence", "labels:any name:text namespace:@kubernetesNamespaceEvidence type:text"),
    ("kubernetesNamespaceEvidence", "cluster:@kubernetesClusterEvidence labels:any name:text"),
    ("kubernetesPodEvidence", "containers:@containerEvidence* controller:@kubernetesControllerEvidence \
      ephemeralContainers:@containerEvidence* initContainers:@containerEvidence* labels:any \
      name:text namespace:@kubernetesNamespaceEvidence podIp:@ipEvidence \
      serviceAccount:@kubernetesServiceAccountEvidence"),
    ("kubernetesSecretEvidence", "name:text namespace:@kubernetesNamespaceEvidence secretType:text"),
    ("kubernetesServiceAccountEvidence", "name:text namespace:@kubernetesNamespaceEvidence"),
    ("kubernetesServiceEvidence", "clusterIP:@ipEvidence externalIPs:@ipEvidence* labels:any name:text \
      namespace:@kubernetesNamespaceEvidence selector:any servicePorts:{kubernetesServicePort* \
      serviceType:=clusterIP|externalName|nodePort"),
    ("mailClusterEvidence", "clusterBy:text clusterByValue:text emailCount:int networkMessageIds:text* query:text \
      urn:text"),
    ("mailboxConfigurationEvidence", "configurationId:text configurationType:=mailForwardingRule|owaSettings|ewsSettings \
      displayName:text externalDirectoryObjectId:guid mailboxPrimaryAddress:text upn:text"),
    ("mailboxEvidence", "displayName:text primaryAddress:text upn:text userAccount:{userAccount"),
    ("malwareEvidence", "category:text files:@fileEvidence* name:text processes:@processEvidence*"),
    ("networkConnectionEvidence", "destinationAddress:@ipEvidence destinationPort:int protocol:=tcp|udp \
      sourceAddress:@ipEvidence sourcePort:int"),
    ("nicEvidence", "ipAddress:@ipEvidence macAddress:text vlans:text*"),
    ("oauthApplicationEvidence", "appId:text displayName:text objectId:text publisher:text"),
    ("processEvidence", "detectionStatus:=detected|blocked|prevented imageFile:{fileDetails mdeDeviceId:text \
      parentProcessCreationDateTime:time parentProcessId:int \
      parentProcessImageFile:{fileDetails processCommandLine:text processCreationDateTime:time \
      processId:int userAccount:{userAccount"),
    ("registryKeyEvidence", "registryHive:text registryKey:text"),
    ("registryValueEvidence", "mdeDeviceId:text registryHive:text registryKey:text registryValue:text \
      registryValueName:text registryValueType:text"),
    ("sasTokenEvidence", "allowedIpAddresses:text allowedResourceTypes:text* allowedServices:text* \
      expiryDateTime:time permissions:text* protocol:text signatureHash:text signedWith:text \
      startDateTime:time storageResource:@azureResourceEvidence"),
    ("securityGroupEvidence", "activeDirectoryObjectGuid:guid displayName:text distinguishedName:text friendlyName:text \
      securityGroupId:text sid:text"),
    ("servicePrincipalEvidence", "appId:text appOwnerTenantId:text servicePrincipalName:text servicePrincipalObjectId:text \
      servicePrincipalType:=application|managedIdentity|legacy tenantId:text"),
    ("submissionMailEvidence", "networkMessageId:text recipient:text reportType:text sender:text senderIp:text \
      subject:text submissionDateTime:time submissionId:text submitter:text"),
    ("teamsMessageEvidence", "campaignId:text channelId:text deliveryAction:=deliveredAsSpam|delivered|blocked \
      deliveryLocation:=teams|quarantine|failed files:@fileEvidence* groupId:text \
      isExternal:flag isOwned:flag lastModifiedDateTime:time \
      messageDirection:=inbound|outbound|intraorg messageId:text owningTenantId:guid \
      parentMessageId:text receivedDateTime:time recipients:text* senderFromAddress:text \
      senderIP:text sourceAppName:text sourceId:text subject:text suspiciousRecipients:text* \
      threadId:text threadType:text urls:@urlEvidence*"),
    ("urlEvidence", "url:text"),
    ("userEvidence", "stream:{stream userAccount:{userAccount"),
];

/// The object types that they use.
#[rustfmt::skip]
pub(crate) const OBJECTS: [(&str, &str); 10] = [
    ("emailSender", "displayName:text domainName:text emailAddress:text"),
    ("fileDetails", "fileName:text filePath:text filePublisher:text fileSize:int issuer:text md5:text \
      sha1:text sha256:text sha256Ac:text signer:text"),
    ("fileHash", "algorithm:=md5|sha1|sha256 value:text"),
    ("geoLocation", "city:text countryName:text latitude:real longitude:real state:text"),
    ("kubernetesServicePort", "appProtocol:text name:text nodePort:int port:int protocol:=udp|tcp|sctp targetPort:text"),
    ("loggedOnUser", "accountName:text domainName:text"),
    ("resourceAccessEvent", "accessDateTime:time accountId:text ipAddress:text resourceIdentifier:text"),
    ("stream", "name:text"),
    ("userAccount", "accountName:text activeDirectoryObjectGuid:guid azureAdUserId:text displayName:text \
      domainName:text resourceAccessEvents:{resourceAccessEvent* tenantId:text \
      userPrincipalName:text userSid:text"),
    ("vmMetadata", "cloudProvider:=azure resourceId:text subscriptionId:text vmId:text"),
];

/// The properties of a type in either table.
pub(crate) fn properties(of: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let found = EVIDENCE
        .iter()
        .chain(&OBJECTS)
        .find(|(name, _)| *name == of);
    let list = found.map_or("", |(_, list)| list);
    list.split_whitespace()
        .filter_map(|property| property.split_once(':'))
}
