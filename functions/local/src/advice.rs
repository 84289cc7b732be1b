use drawbridge_files::RUN_AS_OWNER;

/// What was advised so far. One user's whole folder is closed to another, and to be told once how that is mended is
/// enough.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    is_given: bool,
}

impl Advice {
    /// The text of an error, without the advice to run as the folder's user if that was given before.
    pub(crate) fn once(&mut self, text: &str) -> String {
        let advice = format!(": {RUN_AS_OWNER}");
        match text.contains(&advice) && !self.is_new(RUN_AS_OWNER) {
            true => text.replace(&advice, ""),
            false => text.to_owned(),
        }
    }

    /// Whether an advice is to be given: any but that one each time.
    pub(crate) fn is_new(&mut self, advice: &str) -> bool {
        advice != RUN_AS_OWNER || !std::mem::replace(&mut self.is_given, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_run_as_the_folders_user_is_advised_once() {
        let mut advice = Advice::default();
        let of = |place: &str| format!("no access to {place} (permission denied)");
        let with = |place: &str| format!("{}: {RUN_AS_OWNER}", of(place));
        assert_eq!(advice.once("the disk is full"), "the disk is full");
        assert_eq!(advice.once(&with("state/a")), with("state/a"));
        assert_eq!(advice.once(&with("state/b")), of("state/b"));
        assert!(!advice.is_new(RUN_AS_OWNER) && advice.is_new("free some space"));
    }
}
