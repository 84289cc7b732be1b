//! What the generated alerts say.

pub(crate) const TITLES: [&str; 6] = [
    "Unsigned file started by a script host",
    "Credential store read by an unusual process",
    "Connection to a rare address after hours",
    "Persistence set through a scheduled task",
    "Archive of documents made before an upload",
    "Tamper attempt on the sensor — réseau isolé",
];
pub(crate) const CATEGORIES: [&str; 5] = [
    "Execution",
    "CredentialAccess",
    "CommandAndControl",
    "Persistence",
    "Exfiltration",
];
pub(crate) const TECHNIQUES: [&str; 5] = ["T1059.001", "T1003", "T1071.001", "T1053.005", "T1560"];
pub(crate) const SEVERITIES: [&str; 5] =
    ["informational", "low", "medium", "high", "futureSeverity"];
pub(crate) const SOURCES: [&str; 6] = [
    "microsoftDefenderForEndpoint",
    "antivirus",
    "smartScreen",
    "customDetection",
    "customTi",
    "sensorOfTomorrow",
];
pub(crate) const OTHER_PRODUCTS: [&str; 4] = [
    "microsoftDefenderForOffice365",
    "microsoftDefenderForIdentity",
    "azureAdIdentityProtection",
    "microsoftDefenderForCloud",
];
pub(crate) const USERS: [&str; 5] = ["avery", "björn", "chioma", "dmitri", "emi"];
pub(crate) const FILES: [&str; 5] = [
    "agent-update.exe",
    "invoice.js",
    "sync helper.dll",
    "報告書.docm",
    "run.ps1",
];
pub(crate) const FOLDERS: [&str; 3] = [
    "C:\\ProgramData\\Sync",
    "C:\\Users\\Public",
    "/opt/sync/bin",
];
