//! When a field of a target's settings has an effect. Each target says it of its own fields, in
//! `TargetSettings::effects`; the tests in `settings_effects` try it.

/// When a field has an effect.
pub(crate) enum Effect {
    /// Whatever else the settings say.
    Always,
    /// The field with this JSON value has an effect beside the first of these settings, and none beside
    /// the second.
    Beside {
        value: &'static str,
        with: &'static str,
        without: &'static str,
    },
    /// With the formats that are checked against it; `TargetSettings::check_format` has a test of its own.
    WithFormat,
}

impl Effect {
    /// `ca` of a target with a URL has an effect only with https.
    pub(crate) const CA: Self = Self::Beside {
        value: r#""/ca.pem""#,
        with: r#""url":"https://siem.example","secret":"arn""#,
        without: r#""url":"http://127.0.0.1:1","secret":"arn""#,
    };
}

/// Every field of a target, with the condition under which it has an effect.
pub(crate) type Effects = &'static [(&'static str, Effect)];
