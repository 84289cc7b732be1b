//! When a field of a target's settings has an effect. Where it has none, it is refused, since whoever wrote
//! it believes that it has one. Each target says it of its own fields, in `TargetSettings::effects`.

use crate::DeliverSettings;
use crate::effect::Effect;
use crate::targets::TARGETS;

fn read(target: &str, fields: &str) -> Result<(), String> {
    let text = format!(r#"{{"target":"{target}",{fields}}}"#);
    let read = DeliverSettings::parse(&text);
    read.map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_field_without_effect_is_refused_with_what_to_do() {
    let mut conditional = 0;
    for target in TARGETS {
        for (field, effect) in (target.effects)() {
            let Effect::Beside {
                value,
                with,
                without,
            } = effect
            else {
                continue;
            };
            let name = target.name;
            let beside = |others: &str| read(name, &format!(r#"{others},"{field}":{value}"#));
            assert_eq!(beside(with), Ok(()), "{name}: {field}");
            let error = beside(without).unwrap_err();
            for words in [*field, "has no effect", "remove it"] {
                assert!(error.contains(words), "{name}: {error}");
            }
            conditional += 1;
        }
    }
    assert!(conditional >= 5, "{conditional}");
}

/// Whoever adds a field says when it has an effect.
#[test]
fn every_field_says_when_it_has_an_effect() {
    for target in TARGETS {
        let error = read(target.name, r#""zzz":1"#).unwrap_err();
        let (_, fields) = error.split_once("there is ").unwrap();
        let said = (target.effects)().iter().map(|(field, _)| *field);
        assert_eq!(
            said.collect::<Vec<_>>(),
            fields.split(", ").collect::<Vec<_>>(),
            "left: effects, right: the fields of {}, in their order",
            target.name
        );
    }
}
