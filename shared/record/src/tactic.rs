//! The tactics of MITRE ATT&CK for enterprises.

/// A tactic.
pub(crate) struct Tactic {
    /// The word that Graph has for it as a category.
    pub(crate) category: &'static str,
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

const fn tactic(category: &'static str, id: &'static str, name: &'static str) -> Tactic {
    Tactic { category, id, name }
}

const TACTICS: &[Tactic] = &[
    tactic("Reconnaissance", "TA0043", "Reconnaissance"),
    tactic("ResourceDevelopment", "TA0042", "Resource Development"),
    tactic("InitialAccess", "TA0001", "Initial Access"),
    tactic("Execution", "TA0002", "Execution"),
    tactic("Persistence", "TA0003", "Persistence"),
    tactic("PrivilegeEscalation", "TA0004", "Privilege Escalation"),
    tactic("DefenseEvasion", "TA0005", "Defense Evasion"),
    tactic("CredentialAccess", "TA0006", "Credential Access"),
    tactic("Discovery", "TA0007", "Discovery"),
    tactic("LateralMovement", "TA0008", "Lateral Movement"),
    tactic("Collection", "TA0009", "Collection"),
    tactic("Exfiltration", "TA0010", "Exfiltration"),
    tactic("CommandAndControl", "TA0011", "Command and Control"),
    tactic("Impact", "TA0040", "Impact"),
];

/// The tactic that a category is, if it is one.
pub(crate) fn of_category(category: &str) -> Option<&'static Tactic> {
    TACTICS.iter().find(|tactic| tactic.category == category)
}
