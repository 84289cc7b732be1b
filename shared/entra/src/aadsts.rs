//! Entra's error codes that an application without a user meets, in plain words.
//!
//! Source of the codes: Microsoft identity platform, "Microsoft Entra authentication and
//! authorization error codes". That list lacks some: 700024, 700027, 70021, 700211 to 700213,
//! 7000229, 7000272, 50166, 501661 and 90061 are as operators reported them, with Entra's message.

/// One code: what it means, what to do, and whether Entra calls it passing.
pub(crate) struct Meaning {
    code: u32,
    pub(crate) explanation: &'static str,
    pub(crate) transient: bool,
}

impl Meaning {
    /// Whether the client secret itself is at fault, so that a copy of it may be out of date.
    pub(crate) fn secret_is_at_fault(code: u32) -> bool {
        matches!(code, 7_000_215 | 7_000_222)
    }

    /// Whether the certificate itself is at fault, so that a copy of it may be out of date.
    pub(crate) fn certificate_is_at_fault(code: u32) -> bool {
        matches!(code, 700_027 | 50_012)
    }

    /// Whether issuer, subject and audience of a foreign assertion are what to look at.
    pub(crate) fn is_about_federation(code: u32) -> bool {
        matches!(
            code,
            70_021 | 700_211 | 700_212 | 700_213 | 7_000_272 | 50_166 | 501_661 | 90_061
        )
    }
}

const fn lasting(code: u32, explanation: &'static str) -> Meaning {
    Meaning {
        code,
        explanation,
        transient: false,
    }
}

const fn passing(code: u32, explanation: &'static str) -> Meaning {
    Meaning {
        code,
        explanation,
        transient: true,
    }
}

const MEANINGS: &[Meaning] = &[
    passing(50033, "Entra has a passing problem: ask again"),
    passing(90006, "Entra has a passing problem: ask again"),
    passing(90024, "Entra has a passing problem: ask again"),
    passing(90025, "Entra has a passing problem: ask again"),
    passing(90033, "Entra has a passing problem: ask again"),
    passing(90012, "Entra took too long: ask again"),
    passing(
        90055,
        "Entra throttles the tenant: ask again later, and look for others that sign in too often",
    ),
    passing(50166, ISSUER_SILENT),
    passing(501_661, ISSUER_SILENT),
    passing(90061, ISSUER_SILENT),
    lasting(
        7_000_215,
        "the client secret is wrong: store the secret's Value, not its Secret ID, and check that it \
         is one of the application's own (client-id) and is still listed there",
    ),
    lasting(
        7_000_222,
        "the client secret has expired: make a new one for the application and store its Value",
    ),
    lasting(
        7_000_216,
        "the request carries no usable client credential: check which kind the tenant is \
         configured for",
    ),
    lasting(
        7_000_218,
        "the request carries no client credential: configure a secret, a certificate or a \
         federated credential",
    ),
    lasting(
        7_000_112,
        "the application is disabled in the tenant: enable its service principal (Enterprise \
         applications)",
    ),
    lasting(
        700_016,
        "the tenant does not know the application: check client-id and tenant-id, and that an \
         admin of that tenant consented",
    ),
    lasting(
        700_024,
        "the client assertion is not valid at this time: check the clock and the assertion's \
         lifetime",
    ),
    lasting(
        700_027,
        "the application does not know the certificate, or it has expired there: upload the one \
         that is stored (Certificates & secrets), which must be the public part of the same pair",
    ),
    lasting(
        50_012,
        "the certificate is not accepted: upload the one that is stored (Certificates & secrets) \
         and check that it is still valid",
    ),
    lasting(
        70_021,
        "no federated credential of the application matches: compare issuer, subject and \
         audience, to the letter (a new one takes minutes to work)",
    ),
    lasting(
        7_000_272,
        "the issuer does not publish the key of this assertion: check that the assertion comes \
         from the issuer of the federated credential, and its JWKS",
    ),
    lasting(
        700_211,
        "no federated credential of the application has this issuer: copy it exactly (a new one \
         takes minutes to work)",
    ),
    lasting(
        700_212,
        "no federated credential of the application has this audience: it must be \
         api://AzureADTokenExchange (US Government: api://AzureADTokenExchangeUSGov)",
    ),
    lasting(
        700_213,
        "no federated credential of the application has this subject: copy it exactly, letter \
         case included (a new one takes minutes to work)",
    ),
    lasting(
        7_000_229,
        "the application has no service principal in the tenant: have an admin consent, or run \
         az ad sp create --id CLIENT_ID there",
    ),
    lasting(
        90_002,
        "Entra does not know the tenant: check tenant-id and that cloud is the tenant's own",
    ),
    lasting(
        900_023,
        "tenant-id is not a tenant: copy the Directory (tenant) ID",
    ),
    lasting(
        900_382,
        "the application lives in another cloud: set cloud to the tenant's own",
    ),
    lasting(
        90_038,
        "the tenant lives in another cloud: set cloud to the tenant's own",
    ),
    lasting(
        500_011,
        "the tenant does not know this Graph: set cloud to the tenant's own, or check graph-url",
    ),
    lasting(
        1_002_012,
        "the scope is not valid for an application: check graph-url, the scope is made from it",
    ),
    lasting(
        70_011,
        "the scope is not valid: check graph-url, the scope is made from it",
    ),
    lasting(
        65_001,
        "nobody consented to the application: an admin of the tenant has to grant consent",
    ),
    lasting(
        90_094,
        "an admin's consent is missing: an admin of the tenant has to grant it",
    ),
    lasting(
        530_032,
        "a security policy of the tenant blocks the application: have its admin allow it",
    ),
    lasting(53_003, BLOCKED),
    lasting(50_131, BLOCKED),
    lasting(50_072, SECOND_FACTOR),
    lasting(50_074, SECOND_FACTOR),
    lasting(50_076, SECOND_FACTOR),
    lasting(50_079, SECOND_FACTOR),
    lasting(50_158, SECOND_FACTOR),
    lasting(50_097, DEVICE),
    lasting(53_000, DEVICE),
    lasting(53_001, DEVICE),
    lasting(53_002, DEVICE),
    lasting(53_009, DEVICE),
    lasting(530_003, DEVICE),
    lasting(
        5_000_225,
        "the tenant was blocked for inactivity: reactivate it or remove it from the configuration",
    ),
];

const ISSUER_SILENT: &str = "Entra could not read the issuer's discovery document or keys: ask \
                             again, and check that the issuer's address is public and exact";

// What a policy of Conditional Access asks for. Which policy it is, Entra tells its admins alone.

const BLOCKED: &str = "a Conditional Access policy blocks the application: exclude it or allow its addresses (the \
                       sign-in logs of the tenant's service principals in Entra name the policy)";

const SECOND_FACTOR: &str = "a policy of the tenant (Conditional Access, security defaults) asks for multifactor \
                             authentication, which no application without a user can do: have its admin exclude \
                             the application from the policy, which the sign-in logs in Entra name";

const DEVICE: &str = "a Conditional Access policy asks for a device or an app that the tenant manages, which no \
                      application without a user has: have its admin exclude the application from the policy, which \
                      the sign-in logs in Entra name";

/// Looks a code up.
pub(crate) fn meaning(code: u32) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.code == code)
}

/// The number behind the first `AADSTS` in `text`.
pub(crate) fn code_in(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("AADSTS")?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_listed_once_and_says_what_to_do() {
        let mut codes: Vec<u32> = MEANINGS.iter().map(|meaning| meaning.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), MEANINGS.len());
        for meaning in MEANINGS {
            assert!(meaning.explanation.contains(':'), "AADSTS{}", meaning.code);
        }
    }

    #[test]
    fn the_code_is_read_from_a_description() {
        assert_eq!(
            code_in("AADSTS7000215: Invalid client secret."),
            Some(7_000_215)
        );
        assert_eq!(code_in("see AADSTS90002"), Some(90_002));
        assert_eq!(code_in("AADSTS: none"), None);
        assert_eq!(code_in("AADSTS99999999999999"), None);
        assert_eq!(code_in("invalid_client"), None);
    }
}
