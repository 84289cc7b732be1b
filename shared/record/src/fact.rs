use std::ops::Deref;

/// Something that a SIEM joins on, such as a device's id, a device's name or a user of one alert: a
/// digest that is the same whenever the alert shows it.
pub type Fact = [u8; 6];

/// Up to four facts; more are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts {
    facts: [Fact; 4],
    count: usize,
}

impl Extend<Fact> for Facts {
    fn extend<T: IntoIterator<Item = Fact>>(&mut self, facts: T) {
        for (fact, place) in facts.into_iter().zip(&mut self.facts[self.count..]) {
            *place = fact;
            self.count += 1;
        }
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<T: IntoIterator<Item = Fact>>(facts: T) -> Self {
        let mut all = Self::default();
        all.extend(facts);
        all
    }
}

impl Deref for Facts {
    type Target = [Fact];

    fn deref(&self) -> &[Fact] {
        &self.facts[..self.count]
    }
}
