//! The format `siem` with claims that are broken on purpose.

use drawbridge_alert::Alert;
use drawbridge_record::{
    Claim, Claims, Explained, Fact, Field, FirstReading, Format, Identity, Record,
};

use crate::Mutation;

/// The format that the handler writes, as `mutation` has it.
pub(super) fn format(mutation: Option<Mutation>) -> &'static dyn Format {
    match mutation {
        Some(Mutation::NoLateEvidence) => &Careless(Mutation::NoLateEvidence),
        Some(Mutation::FirstFactIsEnough) => &Careless(Mutation::FirstFactIsEnough),
        Some(Mutation::AllIsCarried) => &Careless(Mutation::AllIsCarried),
        _ => siem(),
    }
}

fn siem() -> &'static dyn Format {
    drawbridge_record::format("siem").expect("the first format")
}

struct Careless(Mutation);

impl Format for Careless {
    fn name(&self) -> &'static str {
        siem().name()
    }

    fn about(&self) -> &'static str {
        siem().about()
    }

    fn schema_version(&self) -> u32 {
        siem().schema_version()
    }

    fn fields(&self) -> Vec<Field> {
        siem().fields()
    }

    fn map(&self, alert: &Alert<'_>, claims: &mut dyn Claims, sink: &mut dyn FnMut(Record)) {
        let mut all = AllFacts::default();
        siem().map(alert, &mut all, &mut |_| ());
        let mut claims = CarelessClaims {
            mutation: self.0,
            all: all.facts,
            claims,
        };
        siem().map(alert, &mut claims, sink);
    }

    fn explain(&self, alert: &Alert<'_>) -> Vec<Explained> {
        siem().explain(alert)
    }
}

struct CarelessClaims<'c> {
    mutation: Mutation,
    /// What the records of the alert carry together.
    all: Vec<Fact>,
    claims: &'c mut dyn Claims,
}

impl Claims for CarelessClaims<'_> {
    fn lack(&mut self, facts: &[Fact]) -> bool {
        match self.mutation {
            Mutation::NoLateEvidence => false,
            Mutation::FirstFactIsEnough => self.claims.lack(&facts[..1]),
            _ => self.claims.lack(facts),
        }
    }

    fn claim(&mut self, identity: &Identity<'_>) -> Option<Claim> {
        let carries = match self.mutation {
            Mutation::AllIsCarried => &self.all,
            _ => identity.carries,
        };
        self.claims.claim(&Identity {
            carries,
            ..*identity
        })
    }
}

/// The facts of a first reading.
#[derive(Default)]
struct AllFacts {
    first: FirstReading,
    facts: Vec<Fact>,
}

impl Claims for AllFacts {
    fn lack(&mut self, facts: &[Fact]) -> bool {
        self.facts.extend(facts);
        self.first.lack(facts)
    }

    fn claim(&mut self, identity: &Identity<'_>) -> Option<Claim> {
        self.first.claim(identity)
    }
}
