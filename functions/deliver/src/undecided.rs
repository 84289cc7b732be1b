use crate::{Later, Outcome};

/// The records of a batch that are still to be delivered, beside the outcomes of those that cannot
/// be.
pub(crate) struct Undecided<T> {
    outcomes: Vec<Option<Outcome>>,
    /// Where each of `records` was in the batch.
    pub(crate) positions: Vec<usize>,
    pub(crate) records: Vec<T>,
}

impl<T> Undecided<T> {
    pub(crate) fn new() -> Self {
        Self {
            outcomes: Vec::new(),
            positions: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Appends the next record of the batch, or its outcome.
    pub(crate) fn push(&mut self, record: Result<T, Outcome>) {
        let decided = match record {
            Ok(record) => {
                self.positions.push(self.outcomes.len());
                self.records.push(record);
                None
            }
            Err(outcome) => Some(outcome),
        };
        self.outcomes.push(decided);
    }

    /// The outcomes of the whole batch, given those of `positions`.
    pub(crate) fn into_outcomes(mut self, delivered: Vec<Outcome>) -> Vec<Outcome> {
        for (position, outcome) in self.positions.into_iter().zip(delivered) {
            self.outcomes[position] = Some(outcome);
        }
        let unanswered = || Outcome::Later(Later::because("the record was not answered for"));
        let outcomes = self.outcomes.into_iter();
        outcomes
            .map(|outcome| outcome.unwrap_or_else(unanswered))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_come_back_in_the_order_of_the_batch() {
        let refused = || Outcome::Refused("r".to_owned());
        let mut batch = Undecided::new();
        for record in [Err(refused()), Ok('a'), Err(refused()), Ok('b'), Ok('c')] {
            batch.push(record);
        }
        assert_eq!(
            (&*batch.records, &*batch.positions),
            (&['a', 'b', 'c'][..], &[1, 3, 4][..])
        );
        let part = Outcome::TakenInPart("p".to_owned());
        let outcomes = batch.into_outcomes(vec![Outcome::Taken, part.clone()]);
        assert_eq!(outcomes[..4], [refused(), Outcome::Taken, refused(), part]);
        assert!(matches!(outcomes[4], Outcome::Later(_)));
    }
}
