//! The format `siem` with drafts that are broken on purpose.

use drawbridge_alert::Alert;
use drawbridge_record::{Drafts, Field, Format, Layout};

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

    fn layout(&self) -> &'static Layout {
        siem().layout()
    }

    fn fields(&self) -> Vec<Field> {
        siem().fields()
    }

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        let drafts = siem().drafts(alert);
        match self.0 {
            Mutation::NoLateEvidence => {
                Box::new(drafts.filter(|draft| draft.unless_carried.is_empty()))
            }
            Mutation::FirstFactIsEnough => Box::new(drafts.map(|mut draft| {
                draft.unless_carried = draft.unless_carried.iter().copied().take(1).collect();
                draft
            })),
            _ => {
                // What the records of the alert carry together, as many to a record as it can.
                let late = siem().drafts(alert);
                let mut all = late.flat_map(|draft| draft.unless_carried.to_vec());
                Box::new(drafts.map(move |mut draft| {
                    draft.carries = all.by_ref().take(4).collect();
                    draft
                }))
            }
        }
    }
}
