//! A state that forgets, for tests that have to notice.

use crate::State;
use crate::versions::Versions;

impl State {
    /// Forgets which versions were written; what each record held last stays known.
    pub fn forget_versions(&mut self) {
        self.for_each(|versions| versions.known.clear());
    }

    /// Forgets what was written but for the text that was read last.
    pub fn forget_meanings(&mut self) {
        self.for_each(|versions| {
            let text = versions.text;
            *versions = Versions {
                text,
                ..Versions::UNKNOWN
            };
        });
    }

    fn for_each(&mut self, forget: impl Fn(&mut Versions)) {
        for written in self.outputs.values_mut() {
            for entry in written.alerts.values_mut() {
                entry.versions.iter_mut().for_each(&forget);
            }
        }
    }
}
