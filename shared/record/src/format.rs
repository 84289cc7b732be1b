use drawbridge_alert::Alert;

use crate::detection::{DetectionFormat, FanOut};
use crate::draft::{Draft, Drafts, FirstReading};
use crate::{Body, Change, Explained, Field, Layout, Record, Rewrite};

/// An output format.
pub trait Format: Send + Sync {
    /// Its name: in the registry, in the state, in message attributes and file names.
    fn name(&self) -> &'static str;

    /// What it is and who reads it, in a sentence or two of Markdown.
    fn about(&self) -> &'static str;

    /// The version of its schema; a reader of version N understands every record of version N.
    fn schema_version(&self) -> u32;

    /// What the body of a record is.
    fn body(&self) -> Body {
        self.layout().notation.body()
    }

    /// Where a record has its key, its alert's id, its severity and its time.
    fn layout(&self) -> &'static Layout;

    /// When a record is written again, unless an output asks for something else.
    fn rewrite(&self) -> Rewrite {
        Rewrite::Never
    }

    /// The fields of a record, in the order of the documentation.
    fn fields(&self) -> Vec<Field>;

    /// The records that an alert calls for, in order, whatever was written of it before: each is
    /// worked out when it is asked for.
    ///
    /// Several may have one identity; of those that are called for, the first is meant.
    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d>;

    /// Explains the records of an alert as if it were read for the first time, with all that it
    /// shows.
    fn explain(&self, alert: &Alert<'_>) -> Vec<Explained> {
        let mut first = FirstReading::default();
        let granted = self.drafts(alert).filter_map(|draft| {
            let part = first.part(&draft)?;
            Some(draft.explain(part))
        });
        granted.collect()
    }
}

impl Format for DetectionFormat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn schema_version(&self) -> u32 {
        self.schema_version
    }

    fn layout(&self) -> &'static Layout {
        self.layout
    }

    fn fields(&self) -> Vec<Field> {
        (self.fields)()
    }

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        Box::new(FanOut::of(alert, self).map(Draft::from))
    }
}

/// The records of an alert of which nothing was written before.
pub fn records<'d>(
    format: &'d dyn Format,
    alert: &'d Alert<'d>,
) -> impl Iterator<Item = Record> + 'd {
    let mut first = FirstReading::default();
    format.drafts(alert).filter_map(move |draft| {
        let part = first.part(&draft)?;
        Some(draft.write(part, Change::New))
    })
}
