//! Graph's words and OCSF's numbers for them, with the captions that go along.

/// A number of an enumeration and its caption; 99 carries Graph's own word.
pub(super) type Code<'a> = (i64, &'a str);

const UNKNOWN: Code<'static> = (0, "Unknown");
/// A word that OCSF has no number for.
pub(super) const OTHER: i64 = 99;

type Table = &'static [(&'static str, Code<'static>)];

/// The code of a word: 0 if there is no word, 99 with the word if the table does not list it.
fn code<'a>(table: Table, word: Option<&'a str>) -> Code<'a> {
    match word {
        None | Some("" | "unknown") => UNKNOWN,
        Some(word) => table
            .iter()
            .find(|(known, _)| *known == word)
            .map_or((OTHER, word), |(_, code)| *code),
    }
}

const SEVERITIES: Table = &[
    ("informational", (1, "Informational")),
    ("low", (2, "Low")),
    ("medium", (3, "Medium")),
    ("high", (4, "High")),
];

pub(super) fn severity(word: Option<&str>) -> Code<'_> {
    code(SEVERITIES, word)
}

const STATUSES: Table = &[
    ("new", (1, "New")),
    ("inProgress", (2, "In Progress")),
    ("resolved", (4, "Resolved")),
];

pub(super) fn status(word: Option<&str>) -> Code<'_> {
    code(STATUSES, word)
}

const CLASSIFICATIONS: Table = &[
    ("falsePositive", (1, "False Positive")),
    ("truePositive", (2, "True Positive")),
    ("informationalExpectedActivity", (5, "Benign")),
];

/// The verdict on an alert. A test, or too little data to tell, are verdicts of their own in OCSF;
/// in Graph they are determinations.
pub(super) fn verdict<'a>(
    classification: Option<&'a str>,
    determination: Option<&str>,
) -> Code<'a> {
    match (classification, determination) {
        (Some("falsePositive"), Some("notEnoughDataToValidate")) => (7, "Insufficient Data"),
        (Some("informationalExpectedActivity"), Some("securityTesting")) => (6, "Test"),
        (classification, _) => code(CLASSIFICATIONS, classification),
    }
}

const EVIDENCE_VERDICTS: Table = &[
    ("malicious", (2, "True Positive")),
    ("suspicious", (4, "Suspicious")),
    ("noThreatsFound", (5, "Benign")),
];

pub(super) fn evidence_verdict(word: Option<&str>) -> Code<'_> {
    code(EVIDENCE_VERDICTS, word)
}

const ANALYTICS: Table = &[
    ("customDetection", (1, "Rule")),
    ("scheduledAlerts", (1, "Rule")),
    ("nrtAlerts", (1, "Rule")),
    ("builtInMl", (4, "Learning (ML/DL)")),
    ("customTi", (9, "Exact Data Match")),
];

/// The kind of analytic behind a detection source; 0 where the source does not tell.
pub(super) fn analytic(source: Option<&str>) -> Code<'static> {
    match code(ANALYTICS, source) {
        (OTHER, _) => UNKNOWN,
        (id, _) => *ANALYTICS
            .iter()
            .map(|(_, code)| code)
            .find(|code| code.0 == id)
            .unwrap_or(&UNKNOWN),
    }
}

/// The products behind `serviceSource`.
const PRODUCTS: &[(&str, &str)] = &[
    (
        "microsoftDefenderForEndpoint",
        "Microsoft Defender for Endpoint",
    ),
    (
        "microsoftDefenderForIdentity",
        "Microsoft Defender for Identity",
    ),
    (
        "microsoftDefenderForCloudApps",
        "Microsoft Defender for Cloud Apps",
    ),
    (
        "microsoftDefenderForOffice365",
        "Microsoft Defender for Office 365",
    ),
    ("microsoft365Defender", "Microsoft Defender XDR"),
    ("azureAdIdentityProtection", "Microsoft Entra ID Protection"),
    ("microsoftAppGovernance", "Microsoft App Governance"),
    (
        "dataLossPrevention",
        "Microsoft Purview Data Loss Prevention",
    ),
    (
        "microsoftDataLossPrevention",
        "Microsoft Purview Data Loss Prevention",
    ),
    ("microsoftDefenderForCloud", "Microsoft Defender for Cloud"),
    ("microsoftSentinel", "Microsoft Sentinel"),
    (
        "microsoftInsiderRiskManagement",
        "Microsoft Purview Insider Risk Management",
    ),
    (
        "microsoftThreatIntelligence",
        "Microsoft Threat Intelligence",
    ),
    ("microsoftSecurityForAI", "Microsoft Security for AI"),
];

pub(super) fn product(source: &str) -> Option<&'static str> {
    let found = PRODUCTS.iter().find(|(word, _)| *word == source);
    found.map(|(_, name)| *name)
}

const RISKS: Table = &[
    ("informational", (0, "Info")),
    ("low", (1, "Low")),
    ("medium", (2, "Medium")),
    ("high", (3, "High")),
];

/// The risk level of a device. 0 is a level of its own, so the code is missing where Graph has none.
pub(super) fn risk(word: Option<&str>) -> Option<Code<'_>> {
    match word {
        None | Some("none" | "unknown") => None,
        word => Some(code(RISKS, word)),
    }
}

/// Beginnings of what Defender calls an operating system.
const SYSTEMS: &[(&str, Code<'static>)] = &[
    ("windowsphone", (101, "Windows Mobile")),
    ("windows", (100, "Windows")),
    ("android", (201, "Android")),
    ("ipados", (302, "iPadOS")),
    ("ios", (301, "iOS")),
    ("macos", (300, "macOS")),
    ("linux", (200, "Linux")),
    ("ubuntu", (200, "Linux")),
    ("debian", (200, "Linux")),
    ("redhat", (200, "Linux")),
    ("centos", (200, "Linux")),
    ("suse", (200, "Linux")),
    ("amazonlinux", (200, "Linux")),
    ("solaris", (400, "Solaris")),
    ("aix", (401, "AIX")),
];

pub(super) fn system(name: &str) -> Code<'_> {
    let begins = |start: &str| {
        name.get(..start.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(start))
    };
    SYSTEMS
        .iter()
        .find(|(start, _)| begins(start))
        .map_or((OTHER, name), |(_, code)| *code)
}

/// What a device is, as far as its operating system tells.
pub(super) fn device(system: Option<&str>) -> Code<'static> {
    match system {
        Some(name) if name.contains("Server") => (1, "Server"),
        Some(name) => match self::system(name).0 {
            101 | 201 | 301 => (5, "Mobile"),
            302 => (4, "Tablet"),
            _ => UNKNOWN,
        },
        None => UNKNOWN,
    }
}

const HASHES: Table = &[
    ("md5", (1, "MD5")),
    ("sha1", (2, "SHA-1")),
    ("sha256", (3, "SHA-256")),
];

pub(super) fn hash(algorithm: Option<&str>) -> Code<'_> {
    code(HASHES, algorithm)
}

const REGISTRY_TYPES: &[(&str, Code<'static>)] = &[
    ("binary", (1, "REG_BINARY")),
    ("reg_binary", (1, "REG_BINARY")),
    ("dword", (2, "REG_DWORD")),
    ("reg_dword", (2, "REG_DWORD")),
    ("reg_dword_big_endian", (3, "REG_DWORD_BIG_ENDIAN")),
    ("expandstring", (4, "REG_EXPAND_SZ")),
    ("reg_expand_sz", (4, "REG_EXPAND_SZ")),
    ("reg_link", (5, "REG_LINK")),
    ("multistring", (6, "REG_MULTI_SZ")),
    ("reg_multi_sz", (6, "REG_MULTI_SZ")),
    ("none", (7, "REG_NONE")),
    ("reg_none", (7, "REG_NONE")),
    ("qword", (8, "REG_QWORD")),
    ("reg_qword", (8, "REG_QWORD")),
    ("string", (10, "REG_SZ")),
    ("reg_sz", (10, "REG_SZ")),
];

pub(super) fn registry_type(word: Option<&str>) -> Code<'_> {
    let Some(word) = word else { return UNKNOWN };
    REGISTRY_TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map_or((OTHER, word), |(_, code)| *code)
}

/// What stands before the colon of Defender's name for malware, such as `Trojan:Win32/…`.
const MALWARE: Table = &[
    ("Adware", (1, "Adware")),
    ("Backdoor", (2, "Backdoor")),
    ("DDoS", (5, "DDOS")),
    ("TrojanDownloader", (6, "Downloader")),
    ("TrojanDropper", (7, "Dropper")),
    ("Exploit", (8, "Exploit-Kit")),
    ("Ransom", (10, "Ransomware")),
    ("RemoteAccess", (11, "Remote-Access-Trojan")),
    ("Rogue", (14, "Rogue-Security-Software")),
    ("Spyware", (17, "Spyware")),
    ("TrojanSpy", (17, "Spyware")),
    ("Trojan", (18, "Trojan")),
    ("Virus", (19, "Virus")),
    ("Worm", (22, "Worm")),
];

pub(super) fn malware(name: &str) -> Code<'_> {
    code(MALWARE, name.split_once(':').map(|(kind, _)| kind))
}

const PROVIDERS: &[(&str, &str)] = &[
    ("azure", "Azure"),
    ("aks", "Azure"),
    ("eks", "AWS"),
    ("gke", "GCP"),
];

/// The cloud behind a virtual machine's provider or a cluster's platform.
pub(super) fn cloud_provider(word: &str) -> Option<&str> {
    match PROVIDERS.iter().find(|(known, _)| *known == word) {
        Some((_, provider)) => Some(provider),
        // Arc joins clusters that run anywhere.
        None if matches!(word, "arc" | "unknown" | "unknownFutureValue") => None,
        None => Some(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_is_0_and_what_nobody_knows_is_99_with_its_word() {
        assert_eq!(severity(None), (0, "Unknown"));
        assert_eq!(severity(Some("unknown")), (0, "Unknown"));
        assert_eq!(severity(Some("critical")), (99, "critical"));
        assert_eq!(hash(Some("sha256ac")), (99, "sha256ac"));
        assert_eq!(analytic(Some("sensorOfTomorrow")), (0, "Unknown"));
        assert_eq!(analytic(Some("customTi")), (9, "Exact Data Match"));
    }

    #[test]
    fn a_determination_refines_a_verdict() {
        let of = |c, d| verdict(Some(c), Some(d)).0;
        assert_eq!(of("truePositive", "malware"), 2);
        assert_eq!(of("falsePositive", "notMalicious"), 1);
        assert_eq!(of("falsePositive", "notEnoughDataToValidate"), 7);
        assert_eq!(of("informationalExpectedActivity", "confirmedActivity"), 5);
        assert_eq!(of("informationalExpectedActivity", "securityTesting"), 6);
        assert_eq!(verdict(None, Some("other")).0, 0);
    }

    #[test]
    fn systems_are_known_by_their_beginnings() {
        assert_eq!(system("Windows11").0, 100);
        assert_eq!(device(Some("WindowsServer2022")).0, 1);
        assert_eq!(device(Some("iOS")).0, 5);
        assert_eq!(device(Some("Windows10")).0, 0);
        assert_eq!(system("é").0, 99);
    }
}
